import type { LogPosition } from '@asyngular/broker';

/** This position was the end of a channel, and nothing of the channel followed it … */
export interface KnownEnd {
  readonly position: LogPosition;
  /** … up to this offset of its stream, … */
  readonly until: number;
  /** … at that time (wall clock, as times are compared between servers). */
  readonly atMs: number;
}

interface Followed {
  end: KnownEnd | undefined;
  /** The end before a publication whose predecessor the stream does not know any more. */
  olderEnd: KnownEnd | undefined;
}

/**
 * Where the logs of followed channels ended when this node last heard or asked. When a channel's publications
 * have expired, the service knows nothing of it any more. A node that kept an eye on it can still tell that
 * nothing was published meanwhile, as long as whatever it may have missed could not have expired, too.
 */
export class KnownEnds {
  readonly #channels = new Map<string, Followed>();

  follow(channel: string): void {
    if (this.#channels.has(channel)) return;
    this.#channels.set(channel, { end: undefined, olderEnd: undefined });
  }

  unfollow(channel: string): void {
    this.#channels.delete(channel);
  }

  get(channel: string): KnownEnd | undefined {
    return this.#channels.get(channel)?.end;
  }

  /** All that is known of a channel, the newest first. */
  all(channel: string): readonly KnownEnd[] {
    const { end, olderEnd } = this.#channels.get(channel) ?? {};
    return [end, olderEnd].filter((known) => known !== undefined);
  }

  /** Of channels that are not followed nothing is remembered. */
  set(channel: string, end: KnownEnd): void {
    const followed = this.#channels.get(channel);
    if (!followed) return;
    if (followed.end && followed.end.position.offset !== end.position.offset) {
      followed.olderEnd = followed.end;
    }
    followed.end = end;
  }

  /** A live entry, which the stream says followed directly on the one before. */
  advance(channel: string, end: KnownEnd): void {
    const followed = this.#channels.get(channel);
    if (!followed) return;
    if (!followed.end || end.position.offset > followed.end.position.offset) followed.end = end;
  }

  /** What is known belongs to a log that is lost. */
  forgetEnds(): void {
    for (const channel of this.#channels.keys()) {
      this.#channels.set(channel, { end: undefined, olderEnd: undefined });
    }
  }
}
