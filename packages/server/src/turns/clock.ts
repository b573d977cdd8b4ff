import { deadlines } from './deadlines.js';

/** Time as the parts see it that are tested with a time of their own. */
export interface Clock {
  /** Monotonic, in ms. */
  now(): number;
  /** In ms since the epoch; may jump. */
  wallNow(): number;
  /** Calls `work` in so many ms, 1 at least. The result cancels it. */
  after(ms: number, work: () => void): () => void;
  /** Calls `work` once in this turn of the event loop, after what is under way. */
  soon(work: () => void): void;
}

/** The time of this process. */
export const processClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after(ms, work) {
    const deadline = deadlines.add(ms, work, undefined);
    return () => deadlines.cancel(deadline);
  },
  soon(work) {
    setImmediate(work);
  },
};
