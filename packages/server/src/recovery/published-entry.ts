import { formatPlace, type LogEntry, type LogPosition } from '@asyngular/broker';
import type { HubOwner } from '../channels/channel-hub.js';
import { isPublicationOn } from '../channels/publication-check.js';
import { withPlace } from '../channels/publication-place.js';
import { Publication } from '../outbound/publication.js';
import type { Delivery } from './channel-host.js';

/** What all entries of one channel share. */
export interface EntryContext {
  readonly channel: string;
  readonly owner: Pick<HubOwner, 'engine' | 'codecs'>;
}

/**
 * An entry of a log, encoded for sockets. What the live ones get is encoded once for all of them and not kept: the last
 * entries of all channels would hold three copies of each payload, mostly for nobody.
 */
export class PublishedEntry implements Delivery {
  readonly position: LogPosition;
  readonly #payload: LogEntry['payload'];
  readonly #except: LogEntry['except'];
  readonly #context: EntryContext;
  /** `null`: it is no publication. */
  #publication: Publication | null | undefined;

  constructor(context: EntryContext, { position, payload, except }: LogEntry) {
    this.position = position;
    this.#payload = payload;
    this.#except = except;
    this.#context = context;
  }

  get bytes(): number {
    return this.#payload.length;
  }

  get text(): string | undefined {
    const payload = this.#payload;
    return typeof payload === 'string' && this.#except === undefined ? payload : undefined;
  }

  /** Encoded, and kept for a crowd that comes back. */
  get publication(): Publication | null {
    this.#publication ??= this.encode();
    return this.#publication;
  }

  /** `null`: what stands in the log is no publication on this channel. Throws what the codec throws. */
  encode(): Publication | null {
    const { channel, owner } = this.#context;
    const codec = owner.codecs.first;
    if (!isPublicationOn(channel, this.#payload, codec)) return null;
    const place = formatPlace(this.position);
    const message = withPlace(this.#payload, place, codec);
    return new Publication(channel, message, owner, { place, except: this.#except });
  }
}
