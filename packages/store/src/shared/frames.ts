import type { Timing } from './timing.js';

/** Runs what is due together, once per frame. */
export interface Frames {
  /** Has `flush` run with the next frame; asking again before that changes nothing. */
  request(flush: () => void): void;
}

export function createFrames(timing: Timing): Frames {
  let due = new Set<() => void>();

  function run(): void {
    const now = due;
    due = new Set();
    for (const flush of now) {
      flush();
    }
  }

  return {
    request(flush) {
      if (due.size === 0) {
        timing.frame(run);
      }
      due.add(flush);
    },
  };
}
