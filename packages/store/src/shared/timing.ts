/** When stores tell of changes, and how they wait. Tests bring their own. */
export interface Timing {
  /** Calls back once, before the next frame is drawn. */
  frame(callback: () => void): void;
  /** Calls back once, after `ms`; the returned function calls that off. */
  delay(callback: () => void, ms: number): () => void;
  /** Ms since any fixed moment. */
  now(): number;
}

/** Pages that nobody sees draw no frames: there listeners hear of the changes of this time, ms, together. */
const HIDDEN_FRAME_MS = 200;
/** However slow a page is, its lists wait no longer than this for it, ms. */
const MAX_REST_MS = 200;
/** Where nothing is drawn at all. */
const FRAME_MS = 16;

/** How long the page needs for what one frame tells it, and to draw that, ms. */
let frameCostMs = 0;

/**
 * The frames of the page, and timers in Node, workers and pages in the background. Where what a frame changes takes longer
 * to draw than a frame lasts, the page has as much time for itself before the next one: keys come first, and lists follow.
 */
export const pageTiming: Timing = {
  frame(callback) {
    if (typeof requestAnimationFrame !== 'function') {
      setTimeout(callback, FRAME_MS);
      return;
    }
    const run = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      const start = performance.now();
      callback();
      // What is rendered and drawn comes before the next timer.
      setTimeout(() => {
        frameCostMs = Math.min(performance.now() - start, MAX_REST_MS);
      });
    };
    let frame = 0;
    const request = () => {
      frame = requestAnimationFrame(run);
    };
    const restMs = frameCostMs > FRAME_MS ? frameCostMs : 0;
    const timer = setTimeout(run, restMs + HIDDEN_FRAME_MS);
    if (restMs > 0) setTimeout(request, restMs);
    else request();
  },
  delay(callback, ms) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  now: () => performance.now(),
};
