import type { ChildProcess } from 'node:child_process';
import { nextEvent } from './event.js';

/** Ends a child process by what `act` does to it, and waits until it is gone. Resolves with its exit code. */
export async function endProcess(
  child: ChildProcess,
  act: (child: ChildProcess) => unknown,
): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = nextEvent(child, 'exit', () => `process ${child.pid} still running`);
  act(child);
  const [code] = await exited;
  return code;
}
