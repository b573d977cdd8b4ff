import { StreamDemux } from './stream-demux.js';

const familyMethods = [
  'close',
  'closeAll',
  'kill',
  'killAll',
  'killConsumer',
  'getConsumerStats',
  'getConsumerStatsList',
  'getConsumerStatsListAll',
  'getConsumerCount',
  'getConsumerCountAll',
  'getBackpressure',
  'getBackpressureAll',
  'getConsumerBackpressure',
  'hasConsumer',
  'hasConsumerAll',
] as const satisfies readonly (keyof StreamDemux)[];

/** What of a demux its owner offers for each family of streams. */
export type StreamFamily = Pick<StreamDemux, (typeof familyMethods)[number]>;

// Answers for a family that nobody has read yet.
let nothing: StreamDemux | undefined;

/** Gives a class the methods that manage one family of streams by asking the family's demux. With `one` =
 *  `Receiver`: `close` → `closeReceiver`, `getBackpressureAll` → `getAllReceiversBackpressure`,
 *  `hasConsumerAll` → `hasAnyReceiverConsumer`. An interface of the class's name declares and documents
 *  them. `demuxOf` may return `undefined` while nothing was read. */
export function defineStreamFamily<Owner extends object>(
  target: { readonly prototype: Owner },
  one: string,
  many: string,
  demuxOf: (owner: Owner) => Partial<StreamFamily> | undefined,
  methods: readonly (keyof StreamFamily)[] = familyMethods,
): void {
  for (const method of methods) {
    const [, verb, what, all] = /^([a-z]+)(.*?)(All)?$/.exec(method) as unknown as string[];
    const whose = all === undefined ? one : verb === 'has' ? `Any${one}` : `All${many}`;
    defineMethod(target, `${verb}${whose}${what}`, (owner, args) => {
      nothing ??= new StreamDemux();
      const demux = demuxOf(owner) ?? nothing;
      return (demux as Record<string, (...args: unknown[]) => unknown>)[method]!(...args);
    });
  }
}

/** Adds a method to a class, not enumerable as written ones are. */
export function defineMethod<Owner extends object>(
  target: { readonly prototype: Owner },
  name: string,
  run: (owner: Owner, args: unknown[]) => unknown,
): void {
  Object.defineProperty(target.prototype, name, {
    configurable: true,
    writable: true,
    value(this: Owner, ...args: unknown[]) {
      return run(this, args);
    },
  });
}
