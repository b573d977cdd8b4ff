import {
  AsyngularError,
  type Logger,
  type LoggerOption,
  socketProtocolErrorStatuses,
} from '@asyngular/protocol';
import {
  createDevelopmentLog,
  describePacket,
  isTraced,
  oneLine,
  type Report,
  unheardEmit,
} from '@asyngular/protocol/internal';
import { consume } from '@asyngular/streams';
import type { AGServerSocket } from '../socket/server-socket.js';
import { harmlessLogger, toStderr } from './harmless-logger.js';
import type { ServerEvents } from './server-events.js';

const stderr: Logger = { debug: toStderr, info: toStderr, warn: toStderr, error: toStderr };

/** The namespace in the variable `DEBUG`. */
const NAMESPACE = 'asyngular:server';

/** Characters of a line; what peers choose is part of it. */
const MAX_LINE = 600;

/** Lines a minute about one procedure's failures: who called it has an id, and looks for it here. */
const MAX_FAILURES = 20;

/** Where a token usually says whose it is, the best first. */
const userClaims = ['username', 'user', 'name', 'sub', 'id'];

/**
 * What a developer sees who listens to nothing: a line per warning, and one per packet while `DEBUG` asks for
 * it. Off, it costs a comparison per warning and per connection.
 */
export class ServerLog {
  readonly #logger: Logger | undefined;
  readonly #report: Report | undefined;
  readonly #isTracing: boolean;
  #isIntroduced = false;
  #hasWarnedOfEmit = false;

  constructor(option: LoggerOption | undefined) {
    this.#logger = loggerOf(option);
    this.#report = this.#logger && createDevelopmentLog(this.#logger, () => performance.now());
    this.#isTracing = this.#logger !== undefined && isTraced(NAMESPACE, process.env.DEBUG);
  }

  /** A warning that no code listens to. */
  warn(event: ServerEvents['warning']): void {
    this.#write('warn', event);
  }

  /** An `error` of the server that no code listens to. */
  error(error: Error): void {
    this.#write('error', { warning: error });
  }

  /** What somebody did to the server from outside. Never left out, however often it comes. */
  info(line: string): void {
    this.#logger?.info(`asyngular: ${oneLine(line, MAX_LINE)}`);
  }

  /** The application has emitted an event of its own that nobody listens to. Said once, and not in production. */
  unheardEmit(event: string): void {
    if (this.#hasWarnedOfEmit || process.env.NODE_ENV === 'production') return;
    this.#hasWarnedOfEmit = true;
    this.#report?.('warn', 'emit', `asyngular: ${oneLine(unheardEmit(event), MAX_LINE)}`);
  }

  /** Shows every packet of a socket, if `DEBUG` asks for it. */
  trace(socket: AGServerSocket): void {
    const logger = this.#logger;
    if (!this.#isTracing || !logger) return;
    const { id } = socket;
    consume(socket.inboundMessageStream, (message) => {
      const what = describeMessage(socket, message);
      if (what !== undefined) logger.debug(`${NAMESPACE} ${id} ← ${what}`);
    });
    consume(socket.outboundPacketStream, (packet) => {
      logger.debug(`${NAMESPACE} ${id} → ${describePacket(packet)}`);
    });
  }

  #write(level: 'warn' | 'error', event: ServerEvents['warning']): void {
    if (!this.#report) return;
    const { kind, line } = described(event);
    const hint = this.#isIntroduced
      ? ''
      : `; to handle this in code, read server.listener('${level === 'warn' ? 'warning' : level}')`;
    this.#isIntroduced = true;
    const atMost = event.errorId === undefined ? 1 : MAX_FAILURES;
    this.#report(level, kind, `asyngular: ${line}${hint}`, atMost);
  }
}

function loggerOf(option: LoggerOption | undefined): Logger | undefined {
  if (option === false || option === 'silent') return undefined;
  return option === undefined ? stderr : harmlessLogger(option);
}

/** What it is about, in a line, and what such lines have in common. */
function described(event: ServerEvents['warning']): { kind: string; line: string } {
  // Names of procedures and receivers that have handlers; others are chosen by peers.
  const place = event.errorId === undefined ? '' : ` ${event.procedure}`;
  try {
    return { kind: `${kindOf(event.warning)}${place}`, line: describe(event) };
  } catch {
    const warning = 'an error was thrown that itself throws when it is read';
    return { kind: `unreadable${place}`, line: describe({ ...event, warning }) };
  }
}

/** Errors of one class differ most by their close codes. Of the codes that peers choose freely there are too many. */
function kindOf(warning: unknown): string {
  if (!(warning instanceof Error)) return 'something thrown';
  const { code } = warning as { code?: unknown };
  const isKnown = typeof code === 'number' && code in socketProtocolErrorStatuses;
  return isKnown ? `${warning.name} ${code}` : warning.name;
}

/** What messages leave open that travel to clients as they are. */
const remedies: ReadonlyMap<string, string> = new Map([
  [
    'AuthTokenInvalidError: invalid signature',
    '; do all servers that sign tokens have one authKey?',
  ],
]);

function describe({
  warning,
  socket,
  channel,
  procedure,
  receiver,
  errorId,
}: Omit<ServerEvents['warning'], 'warning'> & { readonly warning: unknown }): string {
  const about = [
    procedure !== undefined && `procedure "${procedure}"`,
    receiver !== undefined && `receiver "${receiver}"`,
    channel !== undefined && `channel "${channel}"`,
    socket && `socket ${socket.id}`,
    socket && userOf(socket),
    errorId && `error id ${errorId}`,
    placeOf(warning),
  ].filter(Boolean);
  const remedy = remedies.get(String(warning)) ?? '';
  return oneLine(
    `${String(warning)}${remedy}${about.length > 0 ? ` (${about.join(', ')})` : ''}`,
    MAX_LINE,
  );
}

function userOf({ authToken }: AGServerSocket): string | false {
  for (const claim of userClaims) {
    const value: unknown = authToken?.[claim];
    if (typeof value === 'string' || typeof value === 'number') return `user ${value}`;
  }
  return false;
}

/** Where the application threw an error; errors of this library, and those of Node alone, say what to do instead. */
function placeOf(error: unknown): string | false {
  const origin = error instanceof AsyngularError ? error.cause : error;
  if (!(origin instanceof Error) || origin instanceof AsyngularError) return false;
  const frame = /^\s+at (?!(?:.*\()?(?:node:|<))(.+)$/m.exec(origin.stack ?? '')?.[1];
  return frame !== undefined && `at ${frame}`;
}

/** Heartbeats are left out. */
function describeMessage(socket: AGServerSocket, message: string | Buffer): string | undefined {
  if (message.length <= 2) return undefined;
  let content: unknown;
  try {
    content = socket.decode(message);
  } catch {
    return `a message that cannot be decoded, of ${message.length} bytes`;
  }
  if (!Array.isArray(content)) return describePacket(content);
  return `${content.length} packets: ${content.slice(0, 10).map(describePacket).join('; ')}`;
}
