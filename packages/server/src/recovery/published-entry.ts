import { formatPlace, type LogEntry, type LogPosition } from '@asyngular/broker';
import type { HubOwner } from '../channels/channel-hub.js';
import { isPublicationOn } from '../channels/publication-check.js';
import { withPlace } from '../channels/publication-place.js';
import type { PreparedFrame } from '../engine/engine.js';
import { Publication } from '../outbound/publication.js';
import type { Delivery } from './channel-host.js';

/** A publication as sockets get it. */
export interface PlacedPacket {
  readonly frame: PreparedFrame;
  readonly publication: Publication;
}

type EntryOwner = Pick<HubOwner, 'engine' | 'codec' | 'encode'>;

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
  #packet: PlacedPacket | null | undefined;

  constructor(owner: EntryOwner, channel: string, entry: LogEntry) {
    this.position = entry.position;
    this.bytes = entry.payload.length;
    this.#owner = owner;
    this.#channel = channel;
    this.#entry = entry;
  }

  /** The packet, kept for a crowd that comes back. */
  get packet(): PlacedPacket | null {
    this.#packet ??= this.encode();
    return this.#packet;
  }

  /** The packet; `null`: what stands in the log is no publication on this channel. Throws what the codec throws. */
  encode(): PlacedPacket | null {
    const { codec, engine } = this.#owner;
    const { payload, position } = this.#entry;
    if (!isPublicationOn(this.#channel, payload, codec)) return null;
    const place = formatPlace(position);
    const message = withPlace(payload, place, codec, (packet) => this.#owner.encode(packet));
    return {
      frame: engine.prepare(message),
      publication: new Publication(this.#channel, message, codec, place),
    };
  }
}
