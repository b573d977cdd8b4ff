import type { WorkerFleet, WorkersEvents, WorkersOptions } from '@asyngular/workers';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandError } from '../command-error.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { print, type Terminal } from '../terminal.js';
import { showValue } from '../values.js';

interface StartOptions {
  readonly workers: number | 'auto';
  readonly spread?: number;
  readonly drainTimeout?: number;
  readonly readyTimeout?: number;
  readonly blockedTimeout?: number | false;
  readonly reusePort?: boolean;
  readonly json?: boolean;
}

/** Every event of the workers; each is a line with `--json`. */
const events = [
  'workerStart',
  'workerReady',
  'workerExit',
  'restart',
  'warning',
] as const satisfies readonly (keyof WorkersEvents)[];

/** Names of errors that are about what was asked for, rather than about the server. */
const usageErrors = new Set(['InvalidArgumentsError', 'InvalidOptionsError', 'NotSupportedError']);

/** Adds `asyngular start`: a server on all cores, until it is interrupted. */
export function addStart(program: Command, terminal: Terminal): void {
  program
    .command('start')
    .description('run the file of a server in several workers, which share its port')
    .argument('<file>', 'what node would run, such as dist/server.js')
    .argument('[args...]', 'arguments for it; after -- when they begin with a dash')
    .option('-w, --workers <n>', 'how many, or auto: one for each core', readWorkers, 'auto')
    .option('--spread <ms>', 'over how long the clients of a worker that leaves go', readMs)
    .option('--drain-timeout <ms>', 'when those are closed whose calls are not answered', readMs)
    .option('--ready-timeout <ms>', 'how long a worker may take until it takes clients', readMs)
    .option('--blocked-timeout <ms>', 'how long an event loop may be blocked, or never', readLimit)
    .option('--reuse-port', 'let the kernel share out connections (Node 23.1, Linux)')
    .option('--json', 'a line of JSON for each event')
    .addHelpText(
      'after',
      '\nSIGUSR2 replaces the workers one by one; SIGTERM and SIGINT let clients leave, a second one ends at once.',
    )
    .action((file: string, args: string[], options: StartOptions) =>
      start(file, args, options, terminal),
    );
}

async function start(
  file: string,
  args: readonly string[],
  { json, ...options }: StartOptions,
  terminal: Terminal,
): Promise<void> {
  const fleet = await run(file, { args, ...options });
  if (json) printEvents(fleet, terminal);
  else print(terminal, describe(fleet));
  await abortOf(terminal.signal);
  await fleet.close();
}

async function run(file: string, options: WorkersOptions): Promise<WorkerFleet> {
  // It is loaded with everything that servers need, and other commands need nothing of that.
  const { runWorkers } = await import('@asyngular/workers');
  try {
    return await runWorkers(file, options);
  } catch (error) {
    const { name, message } = error as Error;
    const exitCode: ExitCode = usageErrors.has(name) ? exitCodes.usage : exitCodes.failed;
    throw new CommandError(exitCode, message, { cause: error });
  }
}

function describe({ size, ports }: WorkerFleet): string {
  const where = ports.length === 0 ? '' : ` on port ${ports.join(' and ')}`;
  return `${size} worker${size === 1 ? '' : 's'}${where} (pid ${process.pid})`;
}

function printEvents(fleet: WorkerFleet, terminal: Terminal): void {
  print(terminal, showValue({ event: 'start', workers: fleet.size, ports: fleet.ports }));
  for (const event of events) {
    void (async () => {
      for await (const data of fleet.listener(event)) {
        const time = new Date().toISOString();
        print(terminal, showValue({ time, event, ...showable(data) }));
      }
    })();
  }
}

/** JSON leaves nothing of errors. */
function showable(data: WorkersEvents[keyof WorkersEvents]): object {
  return 'warning' in data ? { warning: data.warning.message } : data;
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function readWorkers(text: string): number | 'auto' {
  if (text === 'auto') return text;
  return readWhole(text, 'auto, or a whole number from 1');
}

function readLimit(text: string): number | false {
  if (text === 'never') return false;
  return readWhole(text, 'never, or a whole number of milliseconds');
}

function readMs(text: string): number {
  return readWhole(text, 'a whole number of milliseconds');
}

function readWhole(text: string, what: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError(`It must be ${what}.`);
  return Number(text);
}
