import type { AGServerSocket } from '@asyngular/server';
import type { Clock } from '../clock.js';

/** Over less than this, in ms, a rate says nothing. */
const LEAST_MS = 900;

interface Sample {
  at: number;
  receivedCount: number;
  sentCount: number;
  received: number;
  sent: number;
  total: number;
}

/** Messages per second of a socket. */
export interface SocketRate {
  readonly received: number;
  readonly sent: number;
  readonly total: number;
}

/** Rates from counters that exist anyway, over the time since a socket was looked at before. */
export class SocketRates {
  readonly #clock: Clock;
  readonly #samples = new WeakMap<AGServerSocket, Sample>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** 0 at the first look. */
  read(socket: AGServerSocket): SocketRate {
    const now = this.#clock.now();
    const receivedCount = socket.inboundReceivedMessageCount;
    const sentCount = socket.outboundSentMessageCount;
    const sample = this.#samples.get(socket);
    if (sample === undefined) {
      const first = { at: now, receivedCount, sentCount, received: 0, sent: 0, total: 0 };
      this.#samples.set(socket, first);
      return first;
    }
    const elapsedMs = now - sample.at;
    if (elapsedMs < LEAST_MS) return sample;
    sample.received = perSecond(receivedCount - sample.receivedCount, elapsedMs);
    sample.sent = perSecond(sentCount - sample.sentCount, elapsedMs);
    sample.total = sample.received + sample.sent;
    sample.at = now;
    sample.receivedCount = receivedCount;
    sample.sentCount = sentCount;
    return sample;
  }
}

/** With one digit behind the point. */
export function perSecond(count: number, elapsedMs: number): number {
  return Math.round((count * 10_000) / elapsedMs) / 10;
}
