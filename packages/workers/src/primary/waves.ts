/** How clients leave; times in ms. */
export interface Leaving {
  /** Over how long they are sent away. */
  readonly spread: number;
  /** When those are closed whose calls are not answered. */
  readonly timeout: number;
}

/** A worker that can be asked to let its clients leave. */
interface Leaver {
  /** Nobody comes in any more. */
  refuse(): void;
  leave(leaving: Leaving): Promise<void>;
}

/**
 * Lets the clients of all workers leave, one worker after the other, within `spread` in all, so that the machines that
 * are left get no more of them at a time than of one worker. Nobody is let in meanwhile: those who have been sent away
 * would come back to a worker that is to leave next. A worker that takes longer than its share does not keep the next
 * one waiting, and `timeout` counts for all of them together. Resolves when all have left.
 */
export async function leaveInWaves(
  workers: readonly Leaver[],
  { spread, timeout }: Leaving,
): Promise<void> {
  const startMs = performance.now();
  for (const worker of workers) worker.refuse();
  const shareMs = Math.min(spread, timeout) / Math.max(1, workers.length);
  const leaving: Promise<void>[] = [];
  for (const worker of workers) {
    const leftMs = Math.max(0, Math.round(timeout - (performance.now() - startMs)));
    const left = worker.leave({ spread: shareMs, timeout: leftMs });
    leaving.push(left);
    await atMost(shareMs, left);
  }
  await Promise.all(leaving);
}

/** Resolves with the promise, or when the time is over. */
function atMost(ms: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
