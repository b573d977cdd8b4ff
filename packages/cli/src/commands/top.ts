import type { Command } from 'commander';
import { CommandError } from '../command-error.js';
import { positiveNumber } from '../connection/connection-options.js';
import { exitCodes } from '../exit-codes.js';
import { metricsUrl } from '../metrics/metrics-url.js';
import type { Terminal } from '../terminal.js';
import { unlessAborted } from '../unless-aborted.js';

interface TopCommandOptions {
  readonly interval: number;
  readonly sort: string;
  readonly once?: boolean;
  readonly json?: boolean;
}

const DEFAULT_URL = 'http://127.0.0.1:9464/metrics';

/** Adds `asyngular top`: what servers do, in a table that is refreshed. */
export function addTop(program: Command, terminal: Terminal): void {
  program
    .command('top')
    .description('show what servers do, read from their metrics, in a table that is refreshed')
    .argument('[urls...]', 'metrics of one server or several', [DEFAULT_URL])
    .option('-i, --interval <s>', 'seconds between two pictures', positiveNumber, 2)
    .option('--sort <column>', 'the column whose largest value comes first', 'CALLS/S')
    .option('--once', 'print one picture, of one interval, and end')
    .option('--json', 'print the figures as JSON, a line for each interval')
    .action(async (urls: string[], { interval, sort, once, json }: TopCommandOptions) => {
      const [{ sortTitles }, { watch }] = await Promise.all([
        import('../top/draw.js'),
        import('../top/watch.js'),
      ]);
      const sortBy = sort.toUpperCase();
      if (!sortTitles.includes(sortBy)) {
        throw new CommandError(
          exitCodes.usage,
          `There is no column '${sort}'; --sort takes ${sortTitles.join(', ')}`,
        );
      }
      const options = {
        urls: urls.map(metricsUrl),
        intervalMs: interval * 1_000,
        once: once ?? false,
        json: json ?? false,
        sortBy,
      };
      if (options.once) return unlessAborted(watch(options, terminal), terminal.signal);
      await watch(options, terminal);
    });
}
