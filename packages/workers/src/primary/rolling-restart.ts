import type { RestartResult } from '../events.js';
import type { Leaving } from './waves.js';

/** The place of a worker. */
interface Place {
  /** Rejects when the new worker fails before it takes clients. */
  replace(leaving: Leaving): Promise<void>;
}

/** Replaces one worker after the other, up to the first that cannot be: what fails once would fail everywhere. */
export async function replaceAll(
  places: readonly Place[],
  leaving: Leaving,
): Promise<RestartResult> {
  let replaced = 0;
  for (const place of places) {
    try {
      await place.replace(leaving);
    } catch (error) {
      return { isComplete: false, replaced, reason: (error as Error).message };
    }
    replaced++;
  }
  return { isComplete: true, replaced, reason: undefined };
}
