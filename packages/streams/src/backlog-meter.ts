/** Counts every packet that enters or leaves a backlog, e.g. to stop reading from a socket while too
 *  much is waiting. A broadcast packet counts once per consumer; end markers, and packets
 *  for another consumer that a backlog counts, have size 0.
 *  The calls come from inside `write()` and `next()`: they must be quick, must not throw, and must not
 *  touch the streams. */
export interface BacklogMeter {
  /** A packet of `size` (whatever unit the writer uses, usually bytes) entered the backlog of `consumer`. */
  add(size: number, consumer: MeteredConsumer): void;
  /** A packet of `size` left it: read, dropped, or discarded with its consumer. */
  remove(size: number, consumer: MeteredConsumer): void;
}

/** A consumer, as a meter sees it. */
export interface MeteredConsumer {
  /** Name of the sub-stream; `undefined` when the stream has none. */
  readonly streamName: string | undefined;
  /** Whether it has a `highWaterMark`, so that its backlog cannot grow for ever. */
  readonly isBounded: boolean;
  /** The sum of the sizes of the packets that wait. */
  readonly backlogSize: number;
  /** Packets that wait; 0 while it is not alive. */
  getBackpressure(): number;
  /** Drops what waits, for the good of others. One whose policy is to drop packets reads on; any other ends:
   *  a waiting `next()`, or else the next one, rejects with `error`. Not to be called by a meter at once, but
   *  in a later microtask. */
  shed(error: Error): void;
}
