import type { Codec } from '@asyngular/protocol';
import type { OutboundPacket } from './outbound-packet.js';

/** One publication on its way to local subscribers, encoded once. */
export class Publication {
  readonly channel: string;
  readonly message: string | Uint8Array;
  /** Its place in the channel's log, if the channel has one (P14.8). */
  readonly place: string | undefined;
  readonly #codec: Codec;

  constructor(channel: string, message: string | Uint8Array, codec: Codec, place?: string) {
    this.channel = channel;
    this.message = message;
    this.place = place;
    this.#codec = codec;
  }

  /** The packet, decoded anew: nobody else holds the result. */
  get packet(): OutboundPacket {
    return this.#codec.decode(this.message) as OutboundPacket;
  }

  /** The payload, decoded anew. */
  copyData(): unknown {
    return (this.packet.data as { data?: unknown } | undefined)?.data;
  }
}
