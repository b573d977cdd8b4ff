import type { AGChannel, AGClientSocket } from '@asyngular/client';
import { reconnectMode } from '@asyngular/protocol';
import type { Command } from 'commander';
import { CommandError } from '../command-error.js';
import { describeClose, withConnection } from '../connection/connect.js';
import {
  addConnectionOptions,
  type ConnectionOptions,
  positiveInteger,
} from '../connection/connection-options.js';
import { exitCodes } from '../exit-codes.js';
import { note, print, styled, type Terminal } from '../terminal.js';
import { showText, showValue } from '../values.js';

interface TailOptions extends ConnectionOptions {
  readonly rewind?: number;
  readonly count?: number;
  readonly json?: boolean;
}

/** Adds `asyngular tail`: publications of a channel as they come, until it is interrupted. */
export function addTail(program: Command, terminal: Terminal): void {
  const command = program
    .command('tail')
    .description('print the publications of a channel as they come, until interrupted')
    .argument('<channel>', 'its name')
    .option(
      '--rewind <n>',
      'begin with the last n, as far as the server lets its channels rewind',
      positiveInteger,
    )
    .option('-n, --count <n>', 'end after so many publications', positiveInteger)
    .option('--json', 'a line of JSON for each: time, channel and data')
    .action((channel: string, options: TailOptions) =>
      withConnection(options, terminal, (socket) => tail(socket, channel, options, terminal)),
    );
  addConnectionOptions(command, terminal);
}

async function tail(
  socket: AGClientSocket,
  channelName: string,
  { rewind, count = Number.POSITIVE_INFINITY, json }: TailOptions,
  terminal: Terminal,
): Promise<void> {
  const channel = socket.subscribe(channelName, rewind === undefined ? {} : { rewind });
  const show = json ? showJson : showLine;
  const printing = (async () => {
    let left = count;
    for await (const data of channel) {
      print(terminal, show(channelName, data, terminal));
      left -= 1;
      if (left === 0) break;
    }
  })();
  terminal.signal.addEventListener('abort', () => channel.kill(), { once: true });
  void noteLosses(socket, terminal);
  if (rewind !== undefined) void noteMissingHistory(channel, terminal);
  await Promise.race([printing, refused(socket, channelName), sentAway(socket, terminal)]);
}

/** Without a word, a channel that keeps nothing looks like one on which nothing was published. */
async function noteMissingHistory(channel: AGChannel, terminal: Terminal): Promise<void> {
  await channel.listener('subscribe').once();
  try {
    await channel.history({ limit: 1 });
  } catch (error) {
    const { name, message } = error as Error;
    // Other failures, such as middleware that lets nobody page back, do not concern the rewind.
    if (name !== 'InvalidActionError') return;
    note(terminal, styled(terminal, 'yellow', showText(`(no past to rewind to: ${message})`)));
  }
}

/** Rejects when there is no subscription, or no longer: then there is nothing to wait for. */
async function refused(socket: AGClientSocket, channel: string): Promise<never> {
  const failed = socket.listener('subscribeFail').once();
  const kicked = socket.listener('kickOut').once();
  const why = await Promise.race([
    failed.then(({ error }) => `the server refused (${error.message})`),
    kicked.then(({ message }) => `the server ended it (${message ?? 'without a word'})`),
  ]);
  throw new CommandError(
    exitCodes.refused,
    `No subscription to '${channel}': ${why}; does it need a token (--token-file)?`,
  );
}

/** The socket comes back by itself after most closes, and readers should know that something may be missing. */
async function noteLosses(socket: AGClientSocket, terminal: Terminal): Promise<void> {
  for await (const close of socket.listener('disconnect')) {
    if (terminal.signal.aborted || isFinal(close)) return;
    const text = `(connection lost: ${describeClose(close)}; coming back)`;
    note(terminal, styled(terminal, 'yellow', showText(text)));
  }
}

/** Rejects when the socket stays away, also after an attempt to come back. */
async function sentAway(socket: AGClientSocket, terminal: Terminal): Promise<void> {
  for await (const close of socket.listener('close')) {
    if (terminal.signal.aborted) return;
    if (!isFinal(close)) continue;
    throw new CommandError(
      exitCodes.noConnection,
      `The server ended the connection: ${describeClose(close)}; see why it does not want this client`,
    );
  }
}

function isFinal({ code }: { readonly code: number }): boolean {
  return reconnectMode(code) === 'never';
}

function showLine(_channel: string, data: unknown, terminal: Terminal): string {
  const time = styled(terminal, 'dim', new Date().toISOString().slice(11, 23));
  return `${time}  ${typeof data === 'string' ? showText(data) : showValue(data)}`;
}

function showJson(channel: string, data: unknown): string {
  return showValue({ time: new Date().toISOString(), channel, data });
}
