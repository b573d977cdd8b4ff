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
    try {
      this.#write(this.#core.options.codecEngine.encode(packet), [packet]);
    } catch (error) {
      this.#onUnencodable(packet, error);
    }
  }

  #writeBatch(packets: OutboundPacket[]): void {
    try {
      this.#write(this.#core.options.codecEngine.encode(packets), packets);
    } catch {
      // One packet spoils the array, or the codec takes no arrays.
      for (const packet of packets) {
        this.send(packet, true);
      }
    }
  }

  #write(message: unknown, packets: readonly OutboundPacket[]): void {
    if (!this.#core.lifecycle.connection?.send(message)) {
      // A call fails with the close event that is on its way; a transmit has nothing to wait for.
      const transmits = packets.filter(({ cid }) => cid === undefined);
      this.#core.requests.onBatchLost(transmits, { type: 'disconnect' });
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
