import cluster from 'node:cluster';
import { InvalidActionError, NotSupportedError, ProcessExitError } from '@asyngular/errors';
import { resolveOptions, type WorkersOptions } from './options.js';
import { createFork } from './primary/child.js';
import { serverFile } from './server-file.js';
import { handleSignals } from './signals.js';
import { startFleet, WorkerFleet } from './worker-fleet.js';

/**
 * Runs a file in several processes that share its ports: the file makes a server by `listen()` or `attach()`, as it
 * does when Node runs it alone, and needs no change. Servers without a `broker` are joined by one of this machine,
 * and those without a key for tokens get one in common.
 *
 * Resolves when all workers take clients. Rejects with `ProcessExitError` when the first one ends before it does, with
 * `InvalidArgumentsError` for a file that cannot be run, `InvalidOptionsError` for impossible options,
 * `NotSupportedError` for `reusePort` without it, and `InvalidActionError` in a worker.
 */
export async function runWorkers(
  file: string | URL,
  options?: WorkersOptions,
): Promise<WorkerFleet> {
  if (!cluster.isPrimary) {
    throw new InvalidActionError(
      'runWorkers() was called in a worker; call it in a file of its own, rather than in that of the server',
    );
  }
  const resolved = resolveOptions(options);
  if (resolved.reusePort) assertReusePort();
  const path = serverFile(file, resolved.execArgv);
  const fleet = new WorkerFleet(resolved, createFork(path, resolved));
  const stopHandling = resolved.signals ? handleSignals(fleet) : undefined;
  try {
    await startFleet(fleet);
  } catch (error) {
    stopHandling?.();
    await fleet.end();
    throw new ProcessExitError(`The server cannot run: ${(error as Error).message}`, 1, {
      cause: error,
    });
  }
  return fleet;
}

/** Node listens with `reusePort` from 23.1 on, and this on systems whose kernel shares out connections. */
function assertReusePort(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > 23 || (major === 23 && minor >= 1);
  if (isNewEnough && process.platform !== 'win32' && process.platform !== 'darwin') return;
  throw new NotSupportedError(
    `The option reusePort needs Node 23.1 and Linux; this is Node ${process.versions.node} on ${process.platform}. ` +
      'Leave it away: the workers share their port in any case',
  );
}
