import { onTestFinished } from 'vitest';

/** Runs after the test, the last one first. */
export function onCleanup(cleanup: () => unknown): void {
  onTestFinished(async () => {
    await cleanup();
  });
}
