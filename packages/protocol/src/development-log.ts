/** Where the development log writes, one text a call. `console`, and the loggers of pino and winston, fit. */
export interface Logger {
  /** Packet traces. */
  debug(line: string): void;
  /** What is no trouble, but good to know. */
  info(line: string): void;
  /** Failures, refusals and losses that no code listens for. */
  warn(line: string): void;
  /** Faults of the application's own code. */
  error(line: string): void;
}

/** A logger, or `false` or `'silent'` for none. */
export type LoggerOption = Logger | false | 'silent';

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** Whether a value will do as `LoggerOption`. */
export function isLoggerOption(value: unknown): value is LoggerOption {
  const isNone = value === false || value === 'silent';
  return isNone || levels.every((level) => typeof Object(value)[level] === 'function');
}

/** How long lines of a kind are only counted after one was written. */
export const QUIET_MS = 60_000;
/** Kinds that are told apart; those that come later count as one. */
const MAX_KINDS = 100;

/**
 * Writes lines for developers, no more than `atMost` of a kind in `QUIET_MS`: the first ones at once, and with the next
 * one how many were left out in between.
 * @param kind what lines have in common, such as `transmitDropped`; never a text that peers choose
 * @param atMost by default 1
 */
export type Report = (
  level: 'info' | 'warn' | 'error',
  kind: string,
  line: string,
  atMost?: number,
) => void;

/** @param now monotonic milliseconds */
export function createDevelopmentLog(logger: Logger, now: () => number): Report {
  const kinds = new Map<string, { startedAt: number; written: number; leftOut: number }>();

  return (level, kind, line, atMost = 1) => {
    const key = kinds.has(kind) || kinds.size < MAX_KINDS ? kind : 'other';
    const known = kinds.get(key);
    if (known && now() - known.startedAt < QUIET_MS) {
      if (known.written < atMost) {
        known.written++;
        logger[level](line);
      } else {
        known.leftOut++;
      }
      return;
    }
    kinds.set(key, { startedAt: now(), written: 1, leftOut: 0 });
    logger[level](known?.leftOut ? `${line} (and ${known.leftOut} more of these before)` : line);
  };
}

/** For an event of the application's own: many come from libraries whose `emit()` sends. */
export function unheardEmit(event: string): string {
  const name = `'${event}'`;
  return `emit(${name}) has reached no listener of its socket, and sends nothing; to send, use transmit(${name}, data)`;
}

/**
 * Whether the patterns that a developer has set, such as `asyngular:*,-asyngular:server`, ask for traces of a
 * namespace. They are separated by commas or spaces, as in the `DEBUG` variable of other packages.
 */
export function isTraced(namespace: string, patterns: string | null | undefined): boolean {
  const parts = (patterns ?? '').split(/[\s,]+/).filter(Boolean);
  const matches = (pattern: string) => {
    const source = pattern.replace(/[^\w*]/g, '\\$&').replaceAll('*', '.*');
    return new RegExp(`^${source}$`).test(namespace);
  };
  const excluded = parts.filter((part) => part.startsWith('-')).map((part) => part.slice(1));
  return parts.some(matches) && !excluded.some(matches);
}
