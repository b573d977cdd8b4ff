import type { AGClientSocket } from '@asyngular/client';
import type { Command } from 'commander';
import { CommandError } from '../command-error.js';
import { refusal, withConnection } from '../connection/connect.js';
import { addConnectionOptions, type ConnectionOptions } from '../connection/connection-options.js';
import { readLines } from '../read-input.js';
import { note, print, type Terminal } from '../terminal.js';
import { parseValue, showValue } from '../values.js';

interface PubOptions extends ConnectionOptions {
  readonly text?: boolean;
  readonly json?: boolean;
}

/** Adds `asyngular pub`: one publication, or one for each line of standard input. */
export function addPub(program: Command, terminal: Terminal): void {
  const command = program
    .command('pub')
    .description('publish on a channel, and wait until the server has taken it')
    .argument('<channel>', 'its name')
    .argument('<data>', 'JSON, or text that is not JSON; - publishes each line of standard input')
    .option('--text', 'send the data as text, also if they are JSON')
    .option('--json', 'print what the server answered, a line for each publication')
    .action(async (channel: string, data: string, options: PubOptions) => {
      // Before connecting: what is no value of its own needs no server to be refused.
      const single = data === '-' ? undefined : { value: parseValue(data, options) };
      await withConnection(options, terminal, async (socket) => {
        const publish = (value: unknown) => publishOne(socket, channel, value, options, terminal);
        if (single) return publish(single.value);
        let count = 0;
        try {
          for await (const line of readLines(terminal.input)) {
            terminal.signal.throwIfAborted();
            await publish(parseValue(line, options));
            count += 1;
          }
        } catch (error) {
          throw error instanceof CommandError ? afterSome(error, count) : error;
        }
        if (!options.json && terminal.showsProgress) note(terminal, `${count} published`);
      });
    });
  addConnectionOptions(command, terminal);
}

/** Says what has been done before a line that could not be. */
function afterSome(error: CommandError, count: number): CommandError {
  if (count === 0) return error;
  const text = `${error.message} (${count} line${count === 1 ? '' : 's'} before it published)`;
  return new CommandError(error.exitCode, text, { cause: error });
}

async function publishOne(
  socket: AGClientSocket,
  channel: string,
  value: unknown,
  { json }: PubOptions,
  terminal: Terminal,
): Promise<void> {
  try {
    const published = await socket.invokePublish(channel, value);
    if (json) print(terminal, showValue({ channel, ...published }));
  } catch (error) {
    throw refusal(`The publication on '${channel}' was not taken`, error);
  }
}
