import type { ChannelEvents, PastPublication } from '@asyngular/channels';
import type { Publication } from '../outbound/publication.js';
import type { InterruptionDetails, Subscriber } from './channel-source.js';
import type { Subscribed } from './history-requests.js';

/** Where the publications of a followed channel go. */
export interface FollowerOwner {
  /** A publication, with its bytes. `recovered`: it is older than the subscription. */
  onPublication(publication: PastPublication & { recovered: boolean }, size: number): void;
  onInterruption(interruption: ChannelEvents['interruption']): void;
  emitWarning(warning: unknown): void;
}

/**
 * The exchange on one channel with history. It gets publications as a client does: in the log's order, decoded from the
 * log, each once.
 */
export class ExchangeFollower implements Subscriber {
  /** Loops in this process hold nobody up here; what they leave lying has bounds of its own. */
  readonly isSlow = false;
  /** The last position that was given to the loops, or where they began. */
  position: string | null = null;
  #epoch = '';
  /** Publications to come that are older than the subscription; the last one of them stands there. */
  #older = 0;
  #olderUntil: string | undefined;
  readonly #owner: FollowerOwner;

  constructor(owner: FollowerOwner) {
    this.#owner = owner;
  }

  /** `since` is the position that the subscription asked for. */
  start(start: Subscribed, since: string | undefined): void {
    const { position, recovered, rewind } = start;
    this.#epoch = epochOf(position);
    this.#older = rewind;
    if (recovered) {
      this.position = since ?? position;
      if (this.position !== position) this.#olderUntil = position;
    } else if (rewind === 0) this.position = position;
    start.begin();
  }

  deliver(publication: Publication): void {
    try {
      const { data, p } = publication.packet.data as { data?: unknown; p?: string };
      const position = `${this.#epoch}:${p}`;
      const recovered = this.#isOlder(position);
      this.position = position;
      this.#owner.onPublication({ data, position, recovered }, publication.message.length);
    } catch (error) {
      this.#owner.emitWarning(error);
    }
  }

  /** One without a position is meant for channels without history. */
  interrupted({ since, until, reason, position }: InterruptionDetails): void {
    if (position === undefined) return;
    this.position = position;
    this.#epoch = epochOf(position);
    this.#owner.onInterruption({ since, until, reason, position });
  }

  closeSlow(): void {}

  #isOlder(position: string): boolean {
    if (this.#olderUntil !== undefined) {
      if (this.#olderUntil === position) this.#olderUntil = undefined;
      return true;
    }
    if (this.#older === 0) return false;
    this.#older--;
    return true;
  }
}

function epochOf(position: string): string {
  return position.slice(0, position.indexOf(':'));
}
