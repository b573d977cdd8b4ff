import type { WorkerFleet } from './worker-fleet.js';

/** What shells and supervisors expect of a process that was ended by a signal: 128 and its number. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

type EndSignal = keyof typeof exitCodes;

/**
 * Lets signals to this process do what they mean for the workers. After an end that nobody had to hurry, the process
 * exits with 0. Returns the function that lets signals be.
 */
export function handleSignals(fleet: WorkerFleet): () => void {
  let isEnding = false;
  let exitCode = 0;
  const onEnd = (signal: EndSignal): void => {
    if (isEnding) {
      exitCode = exitCodes[signal];
      void fleet.end();
      return;
    }
    isEnding = true;
    void fleet.close().finally(() => process.exit(exitCode));
  };
  const onRestart = (): void => {
    // It rejects when the workers close before its turn: then there is nothing left to replace.
    fleet.restart().catch(() => {});
  };
  const listeners = [
    ['SIGINT', onEnd],
    ['SIGTERM', onEnd],
    ['SIGUSR2', onRestart],
  ] as const;
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
