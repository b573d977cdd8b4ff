import type { Consumer } from './consumer.js';

/** What is below a node of a tree of streams: a node with a name, or a consumer with its number. A consumer
 *  that timed out is represented by a stand-in. */
export interface Child<T> {
  readonly id: ChildId;
  /** Calls `visit` with every consumer here, those that left and still collect included. */
  forEachConsumer(visit: (consumer: Consumer<T>) => void): void;
}

export type ChildId = string | number | undefined;

/** The children of one node. A single one needs no table: a server has several nodes with one child for
 *  each idle socket. */
export type Children<T> = Child<T> | Map<ChildId, Child<T>> | undefined;

export function findChild<T>(children: Children<T>, id: ChildId): Child<T> | undefined {
  if (children instanceof Map) return children.get(id);
  return children?.id === id ? children : undefined;
}

/** The children with `child` among them, in place of one with the same id. */
export function addChild<T>(children: Children<T>, child: Child<T>): Children<T> {
  if (children instanceof Map) return children.set(child.id, child);
  if (!children || children.id === child.id) return child;
  return new Map([[children.id, children]]).set(child.id, child);
}

/** The children without the one of that id; `undefined` when none is left. */
export function removeChild<T>(children: Children<T>, id: ChildId): Children<T> {
  if (!(children instanceof Map)) return children?.id === id ? undefined : children;
  children.delete(id);
  return children.size === 0 ? undefined : children;
}
