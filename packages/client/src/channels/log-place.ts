import type { SubscribeReply } from '@asyngular/protocol/internal';

/** Members of a `#subscribe` that say where to begin. */
export interface Beginning {
  readonly recover?: string;
  /** How long ago the connection was lost with which the position was good, ms. */
  readonly away?: number | undefined;
}

/**
 * Where one subscription stands in the log of its channel (docs/protocol.md P14). A channel or a server without history
 * names no position, and all of this stays empty.
 */
export class LogPlace {
  /** Position of the last publication given to the channel's streams, or where the application asked to begin. */
  position: string | null;
  #epoch: string | undefined;
  /** Offset of the log's end when the subscription was confirmed: what comes up to it was published before. */
  #endOfPast = 0;
  #lostAt: number | undefined;

  constructor(since: string | undefined) {
    this.position = since ?? null;
  }

  /** Whether the server has named a position for this subscription. */
  get isKnown(): boolean {
    return this.#epoch !== undefined;
  }

  /** Where to begin after a reconnect; `now` is monotonic. */
  beginning(now: number): Beginning {
    if (this.position === null) {
      return {};
    }
    const away = this.#lostAt === undefined ? undefined : Math.round(now - this.#lostAt);
    return { recover: this.position, away };
  }

  onConnectionLost(now: number): void {
    this.#lostAt ??= now;
  }

  /** The server confirmed the subscription. */
  onConfirmed({ position, recovered, rewind }: SubscribeReply): void {
    this.#lostAt = undefined;
    if (position === undefined) {
      this.position = null;
      this.#epoch = undefined;
      return;
    }
    this.#endOfPast = this.#enter(position);
    // What follows moves a recovered position on. Nothing of a rewind has come yet: lost, it is asked for again.
    if (!recovered) {
      this.position = rewind > 0 ? null : position;
    }
  }

  /** The server names a new position, because the log did not reach or publications were kept back. */
  moveTo(position: string): void {
    this.position = position;
    this.#enter(position);
    this.#endOfPast = 0;
  }

  /**
   * A publication at `place` (`offset:tag`) is about to reach the streams. Returns whether it was published before the
   * subscription was confirmed.
   */
  onPublication(place: string): boolean {
    if (this.#epoch === undefined) {
      return false;
    }
    this.position = `${this.#epoch}:${place}`;
    return Number.parseInt(place, 10) <= this.#endOfPast;
  }

  /** Takes over the epoch of a position, and returns its offset. */
  #enter(position: string): number {
    const [epoch, offset] = position.split(':');
    this.#epoch = epoch;
    return Number(offset);
  }
}
