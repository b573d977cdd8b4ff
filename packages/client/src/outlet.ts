import { dehydrateError } from '@asyngular/protocol';
import { PacketBatcher } from '@asyngular/protocol/internal';
import { type Core, emitError } from './core.js';

/** A packet as it goes to the codec. */
export interface OutboundPacket {
  event?: string;
  data?: unknown;
  cid?: number;
  rid?: number;
  error?: unknown;
}

export type Outlet = ReturnType<typeof createOutlet>;

/** The way out: packets are batched if a batch is open, encoded, and written. */
export function createOutlet(core: Core) {
  const batcher = new PacketBatcher<OutboundPacket>({ send: sendBatch });

  /** `isUrgent`: past any batch, for the handshake that everything else waits for. */
  function send(packet: OutboundPacket, isUrgent?: boolean): void {
    // Absent data is an absent member, whatever the codec makes of `undefined`.
    if (packet.data === undefined) {
      delete packet.data;
    }
    if (isUrgent || !batcher.push(packet)) {
      sendAlone(packet);
    }
  }

  function sendAlone(packet: OutboundPacket): void {
    try {
      write(core.options.codecEngine.encode(packet), [packet]);
    } catch (error) {
      onUnencodable(packet, error);
    }
  }

  function sendBatch(packets: OutboundPacket[]): void {
    let message: unknown;
    try {
      message = core.options.codecEngine.encode(packets);
    } catch {
      // One bad packet must not take the others with it.
      packets.forEach(sendAlone);
      return;
    }
    write(message, packets);
  }

  function write(message: unknown, packets: readonly OutboundPacket[]): void {
    if (!core.transport?.send(message)) {
      // A call fails with the close event that is on its way; a transmit has nothing to wait for.
      const transmits = packets.filter(({ cid }) => cid === undefined);
      core.requests.onBatchLost(transmits, { type: 'disconnect' });
    }
  }

  function onUnencodable({ cid, rid, error: answer }: OutboundPacket, error: unknown): void {
    if (cid !== undefined) {
      core.requests.reject(cid, error);
      return;
    }
    if (rid !== undefined && answer === undefined) {
      // The caller would otherwise wait for its timeout.
      send({ rid, error: dehydrateError(error) });
    }
    emitError(core, error);
  }

  return { batcher, send };
}
