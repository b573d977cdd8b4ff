import { onCleanup } from './cleanup.js';

/** What would have ended the process, from now to the end of the test. */
export function recordFaults(): unknown[] {
  const faults: unknown[] = [];
  const onFault = (error: unknown) => faults.push(error);
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, onFault);
    onCleanup(() => process.off(event, onFault));
  }
  return faults;
}
