import { protocolEvents } from '@asyngular/protocol';
import type { OutboundPacket } from './outbound-packet.js';

/**
 * Where a client is on channels whose last publications the outbound middleware has blocked (P14.10). It is told once per
 * turn of the event loop, and not at all if a later publication has told it.
 */
export class BlockedPlaces {
  readonly #send: (packet: OutboundPacket) => void;
  readonly #places = new Map<string, string>();

  constructor(send: (packet: OutboundPacket) => void) {
    this.#send = send;
  }

  /** A publication at that place was blocked. */
  add(channel: string, place: string): void {
    if (this.#places.size === 0) setImmediate(this.#flush);
    this.#places.set(channel, place);
  }

  /** A later publication is sent. */
  remove(channel: string): void {
    this.#places.delete(channel);
  }

  clear(): void {
    this.#places.clear();
  }

  readonly #flush = (): void => {
    for (const [channel, p] of this.#places) {
      this.#send({ event: protocolEvents.position, data: { channel, p } });
    }
    this.#places.clear();
  };
}
