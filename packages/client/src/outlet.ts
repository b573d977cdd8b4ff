import { dehydrateError } from '@asyngular/protocol';
import { PacketBatcher } from '@asyngular/protocol/internal';
import type { Core } from './core.js';
import type { OutboundPacket } from './requests.js';

/** The way out: packets are batched if a batch is open, encoded, and written. */
export class Outlet {
  readonly batcher: PacketBatcher<OutboundPacket>;
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
    this.batcher = new PacketBatcher({ send: (packets) => this.#writeBatch(packets) });
  }

  /** `pastBatch`: for the handshake, which everything else waits for. */
  send(packet: OutboundPacket, pastBatch = false): void {
    if (!pastBatch && this.batcher.push(packet)) {
      return;
    }
    const message = this.#encode(packet);
    if (message !== undefined) {
      this.#write(message, [packet]);
    }
  }

  #writeBatch(packets: OutboundPacket[]): void {
    let message: string | Uint8Array;
    let sendable = packets;
    try {
      message = this.#core.options.codecEngine.encode(packets);
    } catch {
      // One bad packet must not take the others with it.
      sendable = packets.filter((packet) => this.#encode(packet) !== undefined);
      if (sendable.length === 0) {
        return;
      }
      message = this.#core.options.codecEngine.encode(sendable);
    }
    this.#write(message, sendable);
  }

  #write(message: string | Uint8Array, packets: readonly OutboundPacket[]): void {
    if (!this.#core.lifecycle.connection?.send(message)) {
      // A call fails with the close event that is on its way; a transmit has nothing to wait for.
      const transmits = packets.filter(({ cid }) => cid === undefined);
      this.#core.requests.onBatchLost(transmits, { type: 'disconnect' });
    }
  }

  #encode(packet: OutboundPacket): string | Uint8Array | undefined {
    try {
      return this.#core.options.codecEngine.encode(packet);
    } catch (error) {
      this.#onUnencodable(packet, error);
      return undefined;
    }
  }

  #onUnencodable({ cid, rid, error: answer }: OutboundPacket, error: unknown): void {
    if (cid !== undefined) {
      this.#core.requests.reject(cid, error);
      return;
    }
    if (rid !== undefined && answer === undefined) {
      // The caller would otherwise wait for its timeout.
      this.send({ rid, error: dehydrateError(error) });
    }
    this.#core.onError(error);
  }
}
