/** Time, as tests may make it. */
export interface Clock {
  /** Monotonic, in ms. */
  now(): number;
  /** In ms since the epoch. */
  wallNow(): number;
  /** Calls `work` in so many ms, without keeping the process alive. The result cancels it. */
  after(ms: number, work: () => void): () => void;
}

export const processClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms).unref();
    return () => clearTimeout(timer);
  },
};
