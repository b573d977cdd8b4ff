/** When stores tell of changes, and how they wait. Tests bring their own. */
export interface Timing {
  /** Calls back once, before the next frame is drawn. */
  frame(callback: () => void): void;
  /** Calls back once, after `ms`; the returned function calls that off. */
  delay(callback: () => void, ms: number): () => void;
  /** Ms since any fixed moment. */
  now(): number;
}

/** Pages that nobody sees draw no frames: there the changes of this time, ms, are told together. */
const HIDDEN_FRAME_MS = 100;
/** Where nothing is drawn at all. */
const FRAME_MS = 16;

/** The frames of the page, and timers in Node, workers and pages in the background. */
export const pageTiming: Timing = {
  frame(callback) {
    if (typeof requestAnimationFrame !== 'function') {
      setTimeout(callback, FRAME_MS);
      return;
    }
    const run = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      callback();
    };
    const frame = requestAnimationFrame(run);
    const timer = setTimeout(run, HIDDEN_FRAME_MS);
  },
  delay(callback, ms) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  now: () => performance.now(),
};
