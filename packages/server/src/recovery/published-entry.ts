import { formatPlace, type LogEntry, type LogPosition } from '@asyngular/broker';
import type { HubOwner } from '../channels/channel-hub.js';
import { isPublicationOn } from '../channels/publication-check.js';
import { withPlace } from '../channels/publication-place.js';
import { Publication } from '../outbound/publication.js';
import type { Delivery } from './channel-host.js';

type EntryOwner = Pick<HubOwner, 'engine' | 'codecs'>;

/**
 * An entry of a log, encoded for sockets. What the live ones get is encoded once for all of them and not kept: the last
 * entries of all channels would hold three copies of each payload, mostly for nobody.
 */
export class PublishedEntry implements Delivery {
  readonly position: LogPosition;
  readonly bytes: number;
  readonly #channel: string;
  readonly #entry: LogEntry;
  readonly #owner: EntryOwner;
  /** `null`: it is no publication. */
  #publication: Publication | null | undefined;

  constructor(owner: EntryOwner, channel: string, entry: LogEntry) {
    this.position = entry.position;
    this.bytes = entry.payload.length;
    this.#owner = owner;
    this.#channel = channel;
    this.#entry = entry;
  }

  /** Encoded, and kept for a crowd that comes back. */
  get publication(): Publication | null {
    this.#publication ??= this.encode();
    return this.#publication;
  }

  /** `null`: what stands in the log is no publication on this channel. Throws what the codec throws. */
  encode(): Publication | null {
    const codec = this.#owner.codecs.first;
    const { payload, position, except } = this.#entry;
    if (!isPublicationOn(this.#channel, payload, codec)) return null;
    const place = formatPlace(position);
    const message = withPlace(payload, place, codec);
    return new Publication(this.#channel, message, this.#owner, { place, except });
  }
}
