import type { Context } from '../context.js';
import { reconnectDelay } from './reconnect.js';

/** The automatic attempts of one socket: how many there were, and when the next one comes. */
export interface ReconnectSchedule {
  /** Automatic attempts since the last open connection. */
  readonly attempts: number;
  /** The whole delay chosen for the pending attempt, in ms; null when none is pending. */
  readonly pendingTimeout: number | null;
  /** Schedules the next attempt: at once where that is asked for and was not done just before. */
  start(mayBeImmediate: boolean): void;
  /** An attempt is pending that no timer starts: the page has to come back first. */
  awaitReturn(): void;
  /** Nothing is pending any more. */
  cancel(): void;
  /** A connection is open: counting begins anew. */
  reset(): void;
}

export function createReconnectSchedule(
  context: Pick<Context, 'platform' | 'options'>,
  connect: () => void,
): ReconnectSchedule {
  const { platform } = context;
  let attempts = 0;
  let pendingTimeout: number | null = null;
  let timer: unknown;
  /** From when on an attempt without a delay may be chosen again. */
  let immediateFrom = 0;

  function start(mayBeImmediate: boolean): void {
    pendingTimeout = nextDelay(mayBeImmediate);
    timer = platform.setTimeout(connect, pendingTimeout);
  }

  function nextDelay(mayBeImmediate: boolean): number {
    const { autoReconnectOptions } = context.options;
    const now = platform.now();
    const attempt = attempts++;
    // A server or proxy that ends every session at once must not be asked again without a pause.
    if (mayBeImmediate && attempt === 0 && now >= immediateFrom) {
      immediateFrom = now + autoReconnectOptions.initialDelay;
      return 0;
    }
    return reconnectDelay(attempt, autoReconnectOptions, platform.random());
  }

  function awaitReturn(): void {
    pendingTimeout = 0;
  }

  function cancel(): void {
    platform.clearTimeout(timer);
    pendingTimeout = null;
  }

  function reset(): void {
    attempts = 0;
  }

  return {
    get attempts() {
      return attempts;
    },
    get pendingTimeout() {
      return pendingTimeout;
    },
    start,
    awaitReturn,
    cancel,
    reset,
  };
}
