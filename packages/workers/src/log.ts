import type { Logger, LoggerOption } from '@asyngular/server';
import { harmlessLogger } from '@asyngular/server/internal';
import type { WorkersEvents } from './events.js';

const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);

const stderr: Logger = { debug: toStderr, info: toStderr, warn: toStderr, error: toStderr };

type Describe<Event extends keyof WorkersEvents> = (
  data: WorkersEvents[Event],
) => [level: 'info' | 'warn', line: string] | undefined;

/** What people read of an event, if anything: workers that start, or end as they should, are no news. */
const lines: { readonly [Event in keyof WorkersEvents]?: Describe<Event> } = {
  workerExit: ({ worker, pid, reason, isExpected, restartInMs }) => {
    if (isExpected) return undefined;
    const next = restartInMs === undefined ? '' : `; another one starts in ${restartInMs} ms`;
    return ['warn', `worker ${worker} (pid ${pid}) has ended, because ${reason}${next}`];
  },
  restart: ({ isComplete, replaced, reason }) =>
    isComplete
      ? ['info', `all ${replaced} workers have been replaced`]
      : [
          'warn',
          `the restart stopped after ${replaced} workers, because ${reason}; the others run on as they were`,
        ],
  warning: ({ warning }) => ['warn', warning.message],
};

/** Writes what happens to workers. */
export function createLog(
  option: LoggerOption | undefined,
): <Event extends keyof WorkersEvents>(event: Event, data: WorkersEvents[Event]) => void {
  if (option === false || option === 'silent') return () => {};
  const logger = option === undefined ? stderr : harmlessLogger(option);
  return (event, data) => {
    const [level, line] = lines[event]?.(data) ?? [];
    if (level && line !== undefined) logger[level](`asyngular: ${line}`);
  };
}
