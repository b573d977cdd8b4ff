import { dehydrateError } from '@asyngular/protocol';
import { PacketBatcher } from '@asyngular/protocol/internal';
import { type Core, emitError } from '../core.js';
import { connectionLoss, type Message } from './requests.js';

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
  const batcher = new PacketBatcher<Message>({
    send: sendBatch,
    get intervalMs() {
      return core.options.batchInterval;
    },
  });

  /** Sends what nobody waits for. */
  function send(packet: OutboundPacket): void {
    sendMessage({ packet });
  }

  function sendMessage(message: Message): void {
    const { packet } = message;
    // Absent data is an absent member, whatever the codec makes of `undefined`.
    if (packet.data === undefined) {
      delete packet.data;
    }
    // What is sent before, the handshake, waits for no batch.
    if (core.state !== 'open' || !batcher.push(message)) {
      sendAlone(message);
    }
  }

  function sendAlone(message: Message): void {
    try {
      write(message.packet, [message]);
    } catch (error) {
      onUnencodable(message, error);
    }
  }

  function sendBatch(messages: Message[]): void {
    try {
      write(
        messages.map(({ packet }) => packet),
        messages,
      );
    } catch {
      // One bad packet must not take the others with it.
      messages.forEach(sendAlone);
    }
  }

  /** @throws what the codec throws, or the WebSocket for what the codec made */
  function write(content: unknown, messages: Message[]): void {
    if (!core.transport!.send(core.options.codecEngine.encode(content))) {
      // A call fails with the close event that is on its way; a transmit has nothing to wait for.
      core.requests.failAll(
        messages.filter(({ resolve }) => !resolve),
        connectionLoss('disconnect'),
      );
    }
  }

  function onUnencodable(message: Message, error: unknown): void {
    const { rid, error: answer } = message.packet;
    if (message.resolve) {
      core.requests.fail(message, error);
      return;
    }
    if (rid !== undefined && answer === undefined) {
      // The caller would otherwise wait for its timeout.
      send({ rid, error: dehydrateError(error) });
    }
    emitError(core, error);
  }

  return { batcher, send, sendMessage };
}
