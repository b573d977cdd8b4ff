import { availableParallelism } from 'node:os';
import {
  anyOf,
  check,
  checkOptions,
  count,
  type FilledInOptions,
  flag,
  listOf,
  milliseconds,
  type OptionTable,
  object,
  oneOf,
  text,
  withMethods,
} from '@asyngular/errors/options';
import type { LoggerOption } from '@asyngular/server';

/** Options of `runWorkers()`. All are optional; times are in ms. */
export interface WorkersOptions {
  /** How many processes, from 1 to 1,024. Default `'auto'`: as many as Node may run in parallel here. */
  workers?: number | 'auto' | undefined;
  /** What the file finds in `process.argv` from the third element on. Default none. */
  args?: readonly string[] | undefined;
  /** Flags of Node for the workers, such as `['--import', 'tsx']`. Default: those of this process. */
  execArgv?: readonly string[] | undefined;
  /** Variables that the workers get on top of those of this process. Default none. */
  env?: Readonly<Record<string, string>> | undefined;
  /**
   * How long a worker may take until its servers take clients. One that is late because of its broker is left to
   * wait for it; any other is ended, and counts as one that failed. Default 30,000.
   */
  readyTimeout?: number | undefined;
  /**
   * How long the event loop of a worker may be blocked, from 1,000 on, after it has taken clients. Such a worker lets
   * nobody in and answers nobody: halfway there is a warning, and then it is ended and replaced. `false`: never, for
   * breakpoints and heap snapshots. Default 60,000, and `false` where the flags for workers have `--inspect`.
   */
  blockedTimeout?: number | false | undefined;
  /** Over how long the clients of a worker that leaves are sent away, one after the other. Default 10,000. */
  spread?: number | undefined;
  /**
   * When clients are closed whose calls are not answered yet: of a worker that is replaced, and of all workers when
   * everything ends, which takes five seconds more at most. Default 30,000.
   */
  drainTimeout?: number | undefined;
  /**
   * How long it takes until a worker that failed is replaced. It doubles with every one in its place that fails
   * before it was ready for a minute. Default 100.
   */
  restartDelay?: number | undefined;
  /** The longest that it becomes. Default 30,000. */
  maxRestartDelay?: number | undefined;
  /**
   * Let the kernel share out the connections (`SO_REUSEPORT`) of servers of `listen()`, rather than this process.
   * Needs Node 23.1 and Linux, and throws `NotSupportedError` without. Default `false`.
   */
  reusePort?: boolean | undefined;
  /**
   * Drain on SIGTERM and SIGINT and then exit with 0 (a second one ends at once), and replace the workers one by
   * one on SIGUSR2. Default `true`.
   */
  signals?: boolean | undefined;
  /** Where a line goes about each worker that fails and each restart. `false` turns it off. Default: stderr. */
  logger?: LoggerOption | undefined;
}

const MAX_WORKERS = 1_024;

const isFalse = check('false', (value) => value === false);

const optionTable: OptionTable<WorkersOptions> = {
  workers: anyOf(oneOf('auto'), count('workers', { min: 1, max: MAX_WORKERS })),
  args: listOf(text()),
  execArgv: listOf(text()),
  env: object('an object of texts'),
  readyTimeout: milliseconds({ min: 1 }),
  blockedTimeout: anyOf(isFalse, milliseconds({ min: 1_000 })),
  spread: milliseconds(),
  drainTimeout: milliseconds(),
  restartDelay: milliseconds({ min: 1 }),
  maxRestartDelay: milliseconds({ min: 1 }),
  reusePort: flag(),
  signals: flag(),
  logger: anyOf(oneOf('silent'), isFalse, withMethods('debug', 'info', 'warn', 'error')),
};

/** Options with every default filled in; `workers` is a number. */
export type ResolvedWorkersOptions = FilledInOptions<Omit<WorkersOptions, 'workers' | 'logger'>> & {
  workers: number;
  logger: LoggerOption | undefined;
};

/** Throws `InvalidOptionsError` naming the option and what it should be. */
export function resolveOptions(options: unknown): ResolvedWorkersOptions {
  const given = checkOptions<WorkersOptions>(optionTable, options, 'runWorkers()');
  const { workers = 'auto', execArgv = flagsForFiles(process.execArgv) } = given;
  return {
    args: [],
    env: {},
    readyTimeout: 30_000,
    // At a breakpoint a worker is blocked, and well.
    blockedTimeout: isDebugged(execArgv) ? false : 60_000,
    spread: 10_000,
    drainTimeout: 30_000,
    restartDelay: 100,
    maxRestartDelay: 30_000,
    reusePort: false,
    signals: true,
    logger: undefined,
    ...given,
    execArgv,
    workers: workers === 'auto' ? availableParallelism() : workers,
  };
}

function isDebugged(execArgv: readonly string[]): boolean {
  return [...execArgv, process.env.NODE_OPTIONS ?? ''].some((flags) => flags.includes('--inspect'));
}

/** Flags that bring a program of their own, which a worker must not run again: `node -e '…'`. */
const programFlags = /^(?:-e|-p|-pe|--eval|--print)$/;

/** The flags of this process that are of use to a process that runs a file. */
export function flagsForFiles(flags: readonly string[]): string[] {
  return flags.filter((flag, index) => {
    const isProgram = index > 0 && programFlags.test(flags[index - 1]!);
    return !isProgram && !programFlags.test(flag) && !flag.startsWith('--input-type');
  });
}
