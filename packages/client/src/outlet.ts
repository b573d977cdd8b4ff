import type { Codec } from '@asyngular/protocol';
import { PacketBatcher } from '@asyngular/protocol/internal';
import type { OutboundPacket } from './requests.js';

export interface OutletHost {
  readonly codec: Codec;
  /** Sends a message if the connection can take it, and says whether it did. */
  write(message: string | Uint8Array): boolean;
  /** `packet` was not encoded; nothing of it was sent. */
  onUnencodable(packet: OutboundPacket, error: unknown): void;
  /** `packet` is encodable but the connection no longer takes it. */
  onUnwritable(packet: OutboundPacket): void;
}

/** The way out: packets are batched if a batch is open, encoded, and written. */
export class Outlet {
  readonly batcher: PacketBatcher<OutboundPacket>;
  readonly #host: OutletHost;

  constructor(host: OutletHost) {
    this.#host = host;
    this.batcher = new PacketBatcher({ send: (packets) => this.#writeBatch(packets) });
  }

  send(packet: OutboundPacket): void {
    if (!this.batcher.push(packet)) {
      this.sendNow(packet);
    }
  }

  /** Past any batch: the handshake, which everything else waits for. */
  sendNow(packet: OutboundPacket): void {
    const message = this.#encode(packet);
    if (message !== undefined && !this.#host.write(message)) {
      this.#host.onUnwritable(packet);
    }
  }

  #writeBatch(packets: OutboundPacket[]): void {
    let message: string | Uint8Array;
    let sendable = packets;
    try {
      message = this.#host.codec.encode(packets);
    } catch {
      // One bad packet must not take the others with it.
      sendable = packets.filter((packet) => this.#encode(packet) !== undefined);
      if (sendable.length === 0) {
        return;
      }
      message = this.#host.codec.encode(sendable);
    }
    if (!this.#host.write(message)) {
      for (const packet of sendable) {
        this.#host.onUnwritable(packet);
      }
    }
  }

  #encode(packet: OutboundPacket): string | Uint8Array | undefined {
    try {
      return this.#host.codec.encode(packet);
    } catch (error) {
      this.#host.onUnencodable(packet, error);
      return undefined;
    }
  }
}
