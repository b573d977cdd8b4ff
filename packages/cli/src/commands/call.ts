import type { Command } from 'commander';
import { refusal, withConnection } from '../connection/connect.js';
import { addConnectionOptions, type ConnectionOptions } from '../connection/connection-options.js';
import { print, type Terminal } from '../terminal.js';
import { parseValue, showIndented, showValue } from '../values.js';

interface CallOptions extends ConnectionOptions {
  readonly text?: boolean;
  readonly json?: boolean;
}

/** Adds `asyngular call`: one call, its result. */
export function addCall(program: Command, terminal: Terminal): void {
  const command = program
    .command('call')
    .description('call a procedure of the server and print its result')
    .argument('<procedure>', 'its name')
    .argument('[data]', 'JSON, or text that is not JSON')
    .option('--text', 'send the data as text, also if they are JSON')
    .option('--json', 'print the result on one line')
    .action(async (procedure: string, data: string | undefined, options: CallOptions) => {
      const value = data === undefined ? undefined : parseValue(data, options);
      const result = await withConnection(options, terminal, (socket) =>
        socket.invoke(procedure, value).catch((error: unknown) => {
          throw refusal(`The call of '${procedure}' failed`, error);
        }),
      );
      const isCompact = options.json || !terminal.isInteractive;
      print(terminal, isCompact ? showValue(result) : showIndented(result));
    });
  addConnectionOptions(command, terminal);
}
