import { type AGClientSocket, create } from '@asyngular/client';
import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';
import { type ConnectionOptions, readToken } from './connection-options.js';
import { defaultPaths, parseServerUrl, showUrl } from './server-url.js';

/** What a command does with an open connection. */
export type UseSocket<Result> = (socket: AGClientSocket) => Promise<Result>;

/**
 * Connects, lets `use` work with the connection, and leaves the server. Rejects with a `CommandError` when there is no
 * connection, or when the server does not accept the token that was given.
 */
export async function withConnection<Result>(
  options: ConnectionOptions,
  terminal: Terminal,
  use: UseSocket<Result>,
): Promise<Result> {
  const server = parseServerUrl(options.url, defaultPaths[options.protocolVersion]);
  const token = await readToken(options, terminal);
  await using socket = create({
    ...server,
    protocolVersion: options.protocolVersion,
    authEngine: fixedToken(token),
    autoConnect: false,
    connectTimeout: options.timeout,
    ackTimeout: options.timeout,
    wsOptions: { headers: Object.fromEntries(options.header ?? []), origin: options.origin },
    rejectUnauthorized: !options.insecure,
    // What there is to say is said by the command.
    logger: false,
  });
  await open(socket, { url: showUrl(server), timeoutMs: options.timeout }, terminal);
  return await use(socket);
}

/** The first connection. Later ones are the socket's own affair: it comes back by itself. */
async function open(
  socket: AGClientSocket,
  { url, timeoutMs }: { readonly url: string; readonly timeoutMs: number },
  terminal: Terminal,
): Promise<void> {
  const opened = socket.listener('connect').once();
  const failed = socket.listener('connectAbort').once();
  const onAbort = () => socket.disconnect();
  terminal.signal.addEventListener('abort', onAbort, { once: true });
  socket.connect();
  const outcome = await Promise.race([opened, failed]);
  if (!('id' in outcome)) {
    const why =
      outcome.cause?.name === 'TimeoutError'
        ? `no answer within ${timeoutMs} ms to the handshake`
        : inOptions(describeClose(outcome)).replace(`Could not connect to ${url}: `, '');
    throw new CommandError(
      exitCodes.noConnection,
      `No connection to ${url}: ${why}; 'asyngular doctor ${url}' looks for the reason`,
    );
  }
  if (outcome.authError) {
    throw new CommandError(
      exitCodes.refused,
      `The server did not accept the token: ${outcome.authError.message}; 'asyngular check-token' shows what is in it`,
    );
  }
}

/** The client's advice is about its own options; the command has others. */
function inOptions(text: string): string {
  return text
    .replace('pass it as wsOptions.ca', 'name its file in NODE_EXTRA_CA_CERTS, or use --insecure')
    .replace(/, or secure: (true|false)| \(connectTimeout\)/, '');
}

/** A close in words: why, else the server's reason, else the code. */
export function describeClose({
  code,
  reason,
  cause,
}: {
  readonly code: number;
  readonly reason: unknown;
  readonly cause?: Error;
}): string {
  if (cause) return cause.message;
  return `closed with ${code}${reason ? ` (${typeof reason === 'string' ? reason : JSON.stringify(reason)})` : ''}`;
}

/** Hands out the token that was given. What the server sets is kept for the life of the command. */
function fixedToken(token: string | null) {
  let current = token;
  return {
    loadToken: () => current,
    saveToken: (_name: string, newer: string) => {
      current = newer;
      return newer;
    },
    removeToken: () => {
      const removed = current;
      current = null;
      return removed;
    },
  };
}

/** What a promise of the socket rejects with, as the end of the command. */
export function refusal(what: string, error: unknown): CommandError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (name === 'BadConnectionError') {
    return new CommandError(
      exitCodes.noConnection,
      `${what}: the connection was lost (${message}); try again`,
      { cause: error },
    );
  }
  const words = peculiarities[name] ?? `${name}: ${message}`;
  return new CommandError(exitCodes.refused, `${what}: ${words}`, { cause: error });
}

/** What servers of SocketCluster do otherwise, in words for a command line. */
const peculiarities: Readonly<Record<string, string>> = {
  TimeoutError:
    'no answer within --timeout; see why the server is slow, and whether it has the procedure: SocketCluster does not answer calls that nobody handles',
  NotSupportedError:
    "the server knows no streams, as those of SocketCluster; 'asyngular call' gets the one answer that it gives",
};
