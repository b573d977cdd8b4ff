import type { StreamNode } from './stream-node.js';
import { StreamRoot } from './stream-root.js';

/** What the owner of a stream offers of it under names of its own. */
const methods = [
  'close',
  'kill',
  'killConsumer',
  'getBackpressure',
  'getConsumerBackpressure',
  'getConsumerStats',
  'getConsumerStatsList',
  'getConsumerCount',
  'hasConsumer',
] as const;

/** Fits the methods for which the id of a consumer is enough. */
export const isById = /^[gk].*Consumer(Stats|Backpressure)?$/;

/** Answers for a node that is not there. */
const nothing = /* @__PURE__ */ new StreamRoot<any>();

/** Gives a class the methods that manage one family of streams by asking its node. With `one` = `Receiver`:
 *  `close` → `closeReceiver(name)` and `closeAllReceivers()`, `hasConsumer` →
 *  `hasReceiverConsumer(name, id)` and `hasAnyReceiverConsumer(id)`, `killConsumer` →
 *  `killReceiverConsumer(id)`. An interface of the class's name declares and documents them. `nodeOf` may
 *  return `undefined` while nothing was read.
 *  `about`: `each` name and all of them, `all` of them only, or just the `one` stream that the node is. */
export function defineStreamFamily<Owner extends object>(
  target: { readonly prototype: Owner },
  one: string,
  nodeOf: (owner: Owner) => StreamNode<any> | undefined,
  about: 'each' | 'all' | 'one' = 'each',
): void {
  const prototype: Record<string, unknown> = target.prototype as any;
  for (const method of methods) {
    const define = (whose: string, isNamed: boolean) => {
      prototype[method.replace(/[A-Z]|$/, `${whose}$&`)] = function (this: Owner, ...args: any[]) {
        const top = nodeOf(this);
        const node: any = (isNamed ? top?.get(args.shift()) : top) ?? nothing;
        return node[method](...args);
      };
    };
    if (isById.test(method)) define(one, false);
    else {
      if (about !== 'all') define(one, about === 'each');
      if (about !== 'one') define(method === 'hasConsumer' ? `Any${one}` : `All${one}s`, false);
    }
  }
}
