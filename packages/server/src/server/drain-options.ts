import { checkOptions, count, milliseconds, type OptionTable } from '@asyngular/errors/options';

/** How a server leaves; times in ms. */
export interface DrainOptions {
  /** When the remaining clients are closed without waiting for their calls any longer. Default 30,000. */
  timeout?: number;
  /**
   * The clients are asked to leave one after the other over this time, or longer if `handshakeRate` says so. Default
   * 10,000; at most `timeout`.
   */
  spread?: number;
  /**
   * How long a client may take to find another server before this one closes its connection; 0: nobody is asked to move
   * first. Default 10,000, and 0 with a broker that reaches no other server.
   */
  moveTimeout?: number;
  /**
   * Handshakes per second that each of the servers that remain takes of those who leave here. Default 200, and no limit
   * with a broker that reaches no other server. Within two thirds of `timeout` all have had their turn, whatever the rate.
   */
  handshakeRate?: number;
}

const drainTable = {
  timeout: milliseconds(),
  spread: milliseconds(),
  moveTimeout: milliseconds(),
  handshakeRate: count('handshakes per second', { min: 1 }),
} satisfies OptionTable<DrainOptions>;

const defaults = { timeout: 30_000, spread: 10_000, moveTimeout: 10_000, handshakeRate: 200 };

/** The options that were given. Throws `InvalidOptionsError` for what cannot work. */
export function checkDrainOptions(options: unknown): DrainOptions {
  return checkOptions<DrainOptions>(drainTable, options, 'drain()');
}

/** With defaults; `isAlone`: no other server shares the broker. */
export function resolveDrainOptions(
  { timeout, spread, moveTimeout, handshakeRate }: DrainOptions,
  isAlone: boolean,
): Required<DrainOptions> {
  return {
    timeout: timeout ?? defaults.timeout,
    spread: spread ?? defaults.spread,
    moveTimeout: moveTimeout ?? (isAlone ? 0 : defaults.moveTimeout),
    handshakeRate: handshakeRate ?? (isAlone ? Number.POSITIVE_INFINITY : defaults.handshakeRate),
  };
}
