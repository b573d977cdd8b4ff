import { Child } from './child.js';

/** Starts a process, see `Child.start()`. */
export type StartChild = typeof Child.start;

/** Ends all processes that a measurement has started, however it ends. */
export async function withChildren<Result>(
  measure: (start: StartChild) => Promise<Result>,
): Promise<Result> {
  const children: Child[] = [];
  try {
    return await measure(async (...args) => {
      const child = await Child.start(...args);
      children.push(child);
      return child;
    });
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}
