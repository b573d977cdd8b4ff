import { onCleanup } from './cleanup.js';

/** What this process warns of from here to the end of the test. Node prints a warning one tick after its cause. */
export function collectWarnings(): string[] {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', onWarning);
  onCleanup(() => process.off('warning', onWarning));
  return warnings;
}
