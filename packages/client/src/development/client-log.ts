import type { ChannelStreams } from '@asyngular/channels/internal';
import { AsyngularError, type Logger, type LoggerOption } from '@asyngular/protocol';
import {
  createDevelopmentLog,
  describePacket,
  isTraced,
  oneLine,
  unheardEmit,
} from '@asyngular/protocol/internal';
import type { ClientEvents, EmitEvent } from '../events.js';
import type { ClientOptions } from '../options/options.js';
import type { Platform } from '../platform/platform.js';
import { pagePortWarning } from './page-port.js';

/** What the log asks of its socket, at each event. */
export interface LoggedSocket {
  getListenerConsumerCount(event: string): number;
  readonly channelStreams: ChannelStreams;
}

/** Shows one packet, or a batch of them, on its way out or in. */
export type Trace = (direction: 'sent' | 'received', content: unknown) => void;

/** A line for each event that tells of trouble, or undefined when it tells of none. */
const lines: {
  readonly [Name in keyof ClientEvents]?: (payload: ClientEvents[Name]) => string | undefined;
} = {
  error: ({ error }) => String(error),
  transmitDropped: ({ event, error }) =>
    `transmit('${event}') was not sent: ${String(error)}; the transmitDropped event has its data`,
  subscribeFail: ({ channel, error }) =>
    `the server refused the subscription to '${channel}': ${String(error)}; await channel.subscribed() to know`,
  presenceFail: ({ channel, error }) =>
    `presence of '${channel}': ${String(error)}; the presenceFail event tells`,
  connect: ({ authError }) =>
    authError && `the server did not accept the stored token: ${String(authError)}`,
};

/** What of a socket may be worth a warning. */
export interface Trouble {
  /** Sees every event. */
  readonly onEvent: EmitEvent;
  /** The application has emitted an event of its own that nobody listens to. */
  onUnheardEmit(event: string): void;
}

/**
 * Writes a warning about options that are probably not meant so, and about events that tell of trouble while the
 * application does not listen for them. Returns undefined where nothing is to be written.
 */
export function watchTrouble(
  socket: LoggedSocket,
  options: ClientOptions,
  { now, location }: Pick<Platform, 'now' | 'location'>,
): Trouble | undefined {
  const target = loggerOf(options.logger);
  if (!target) {
    return undefined;
  }
  const report = createDevelopmentLog(target, now);
  const warn = (kind: string, line: string) =>
    report('warn', kind, `asyngular: ${oneLine(line, MAX_LINE)}`);
  const portWarning = pagePortWarning(options, location());
  if (portWarning !== undefined) {
    warn('port', portWarning);
  }
  let hasWarnedOfEmit = false;

  return {
    onEvent(name, payload) {
      const line = lines[name]?.(payload);
      if (line === undefined || socket.getListenerConsumerCount(name) > 0) {
        return;
      }
      const { channel, error } = payload as { channel?: string; error?: unknown };
      const { listeners } = socket.channelStreams;
      if (channel !== undefined && listeners.get(channel)?.get(name)?.getConsumerCount()) {
        return;
      }
      const kind = error instanceof AsyngularError ? `${name} ${error.name}` : name;
      warn(kind, line);
    },
    onUnheardEmit(event) {
      if (!hasWarnedOfEmit) {
        hasWarnedOfEmit = true;
        warn('emit', unheardEmit(event));
      }
    },
  };
}

/** Longest text of a warning. */
const MAX_LINE = 1_000;

/** Traces packets where `DEBUG` in Node, or `localStorage.debug` in a page, asks for `asyngular:client`. */
export function createTrace(
  { logger }: ClientOptions,
  { location, storage }: Pick<Platform, 'location' | 'storage'>,
): Trace | undefined {
  const target = loggerOf(logger);
  if (!target || !isTraced('asyngular:client', tracePatterns())) {
    return undefined;
  }
  return (direction, content) => {
    for (const packet of Array.isArray(content) ? content : [content]) {
      target.debug(`asyngular:client ${direction} ${describePacket(packet)}`);
    }
  };

  function tracePatterns(): string | null | undefined {
    try {
      return location() ? storage()?.getItem('debug') : process.env.DEBUG;
    } catch {
      // A page that may not read its storage has set nothing in it.
      return undefined;
    }
  }
}

function loggerOf(option: LoggerOption | null | undefined): Logger | undefined {
  return option === false || option === 'silent' ? undefined : (option ?? console);
}
