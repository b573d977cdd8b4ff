import type { Command } from 'commander';
import { refusal, withConnection } from '../connection/connect.js';
import {
  addConnectionOptions,
  type ConnectionOptions,
  positiveInteger,
} from '../connection/connection-options.js';
import { print, type Terminal } from '../terminal.js';
import { parseValue, showText, showValue } from '../values.js';

interface StreamOptions extends ConnectionOptions {
  readonly text?: boolean;
  readonly json?: boolean;
  readonly count?: number;
}

/** Adds `asyngular stream`: a procedure that yields, an item a line. */
export function addStream(program: Command, terminal: Terminal): void {
  const command = program
    .command('stream')
    .description('read what a procedure of the server yields, an item a line')
    .argument('<procedure>', 'its name')
    .argument('[data]', 'JSON, or text that is not JSON')
    .option('--text', 'send the data as text, also if they are JSON')
    .option('-n, --count <n>', 'end after so many items', positiveInteger)
    .option('--json', 'print texts as JSON, too')
    .action(async (procedure: string, data: string | undefined, options: StreamOptions) => {
      const value = data === undefined ? undefined : parseValue(data, options);
      await withConnection(options, terminal, async (socket) => {
        const show = options.json ? showValue : showItem;
        let left = options.count ?? Number.POSITIVE_INFINITY;
        try {
          for await (const item of socket.stream(procedure, value, { signal: terminal.signal })) {
            print(terminal, show(item));
            left -= 1;
            if (left === 0) break;
          }
        } catch (error) {
          if (terminal.signal.aborted) return;
          throw refusal(`The stream of '${procedure}' failed`, error);
        }
      });
    });
  addConnectionOptions(command, terminal);
}

function showItem(item: unknown): string {
  return typeof item === 'string' ? showText(item) : showValue(item);
}
