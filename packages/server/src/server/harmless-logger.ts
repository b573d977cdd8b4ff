import type { Logger } from '@asyngular/protocol';

export const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * A logger of the application that never throws. It may well, where a disk is full or a pipe is closed, and would take with
 * it what the line is about: a call that waits for its answer, or the process. Such lines go to stderr.
 */
export function harmlessLogger(logger: Logger): Logger {
  const write =
    (level: keyof Logger) =>
    (line: string): void => {
      try {
        logger[level](line);
      } catch (error) {
        const why =
          error instanceof Error ? error.message : 'it threw something else than an error';
        toStderr(`${line} (the logger could not write this: ${why})`);
      }
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}
