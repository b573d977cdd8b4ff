import type { StreamNode } from './stream-node.js';
import { StreamRoot } from './stream-root.js';

const byId = ['killConsumer', 'getConsumerStats', 'getConsumerBackpressure'] as const;
const common = [
  ...byId,
  'close',
  'kill',
  'getConsumerStatsList',
  'getBackpressure',
  'hasConsumer',
] as const;

/** What the owner of a stream offers of it under names of its own. */
type NodeMethod = (typeof common)[number] | 'getConsumerCount';

/** With the number of consumers, which channels do not tell. */
export const counted: readonly NodeMethod[] = [...common, 'getConsumerCount'];

/** Answers for a node that is not there. */
let nothing: StreamRoot | undefined;

/** Gives a class the methods that manage one family of streams by asking its node. With `one` = `Receiver`:
 *  `close` → `closeReceiver(name)` and `closeAllReceivers()`, `hasConsumer` →
 *  `hasReceiverConsumer(name, id)` and `hasAnyReceiverConsumer(id)`, `killConsumer` →
 *  `killReceiverConsumer(id)`. An interface of the class's name declares and documents them. `nodeOf` may
 *  return `undefined` while nothing was read.
 *  `about`: `each` name and all of them, `all` of them only, or just the `one` stream that the node is. */
export function defineStreamFamily<Owner extends object>(
  target: { readonly prototype: Owner },
  one: string,
  nodeOf: (owner: Owner) => StreamNode | undefined,
  about: 'each' | 'all' | 'one' = 'each',
  methods: readonly NodeMethod[] = common,
): void {
  for (const method of methods) {
    const [, verb, what] = /^([a-z]+)(.*)/.exec(method) as unknown as string[];
    const define = (whose: string, isNamed: boolean) =>
      defineMethod(target, verb + whose + what, function (...args) {
        const top = nodeOf(this);
        nothing ??= new StreamRoot();
        const node: any = (isNamed ? top?.get(args.shift()) : top) ?? nothing;
        return node[method](...args);
      });
    const isById = byId.includes(method as never);
    if (isById || about !== 'all') define(one, !isById && about === 'each');
    if (!isById && about !== 'one') define(verb === 'has' ? `Any${one}` : `All${one}s`, false);
  }
}

/** Adds a method to a class, not enumerable as written ones are. */
export function defineMethod<Owner extends object>(
  target: { readonly prototype: Owner },
  name: string,
  value: (this: Owner, ...args: any[]) => unknown,
): void {
  Object.defineProperty(target.prototype, name, { configurable: true, writable: true, value });
}
