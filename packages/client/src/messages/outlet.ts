import { dehydrateError } from '@asyngular/protocol';
import { assertWithinLimits, PacketBatcher, responseError } from '@asyngular/protocol/internal';
import { development } from '#development';
import type { ConnectionState } from '../connection/connection-state.js';
import type { Link } from '../connection/link.js';
import { smallerAdvice } from '../connection/message-too-big.js';
import { type Context, emitError } from '../context.js';
import type { CallMessage, ControlMessage, Message, OutboundPacket } from './message.js';
import type { Pressure } from './pressure.js';

/** The way out: packets are batched if a batch is open, encoded, and written. */
export interface Outlet {
  /** What is batched, for the application to flush and cancel. */
  readonly batcher: PacketBatcher<Message>;
  /** Sends a control message, on the connection in use unless it belongs to another. */
  send(packet: OutboundPacket, link?: Link, onUnencodable?: (error: unknown) => void): void;
  sendMessage(message: Message): void;
}

/** What else of the socket the outlet uses. */
export interface OutletNeeds {
  readonly connection: ConnectionState;
  readonly pressure: Pick<Pressure, 'onWritten'>;
}

/** Takes messages back that cannot go out. */
export interface OutletOwner {
  /** The codec or the WebSocket refused the call. */
  onUnencodable(call: CallMessage, error: unknown): void;
  /** The connection is already closing; a close event is on its way. */
  onUnwritten(messages: readonly Message[]): void;
}

export function createOutlet(
  context: Context,
  { connection, pressure }: OutletNeeds,
  owner: OutletOwner,
): Outlet {
  const batcher = new PacketBatcher<Message>({
    send: sendBatch,
    get intervalMs() {
      return context.options.batchInterval;
    },
  });

  function send(
    packet: OutboundPacket,
    link?: Link,
    onUnencodable?: (error: unknown) => void,
  ): void {
    sendMessage({ type: 'control', packet, link, onUnencodable });
  }

  function sendMessage(message: Message): void {
    const { packet, link = connection.link } = message;
    // Absent data is an absent member, whatever the codec makes of `undefined`.
    if (packet.data === undefined) {
      delete packet.data;
    }
    // What is sent before the connection is open, the handshake, waits for no batch.
    if (connection.state !== 'open' || link !== connection.link || !batcher.push(message)) {
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
    const packets = messages.map(({ packet }) => packet);
    try {
      write(packets, messages);
    } catch {
      // One bad packet must not take the others with it, and what is too much for the server goes in parts.
      const half = messages.length >> 1;
      if (half > 0) {
        sendBatch(messages.slice(0, half));
        sendBatch(messages.slice(half));
      } else {
        messages.forEach(sendAlone);
      }
    }
  }

  /** @throws what the codec throws, or the WebSocket for what the codec made, and ResourceLimitError */
  function write(content: unknown, messages: readonly Message[]): void {
    const { link = connection.link } = messages[0]!;
    if (development) context.showPacket?.('sent', content);
    if (!link) {
      owner.onUnwritten(messages);
      return;
    }
    const message = link.codec.encode(content);
    assertWithinLimits(content, message, link.limits, smallerAdvice);
    if (link.send(message)) {
      pressure.onWritten();
    } else {
      owner.onUnwritten(messages);
    }
  }

  function onUnencodable(message: Message, error: unknown): void {
    if (message.type === 'call') {
      owner.onUnencodable(message, error);
      return;
    }
    if (message.type === 'control') {
      message.onUnencodable?.(error);
      failAnswer(message, error);
    }
    emitError(context, error);
  }

  /** A result that cannot be encoded fails the server's call, which would otherwise wait for its timeout. */
  function failAnswer(
    { packet: { rid, error: answer }, link }: ControlMessage,
    error: unknown,
  ): void {
    if (rid !== undefined && answer === undefined) {
      send({ rid, error: dehydrateError(responseError(error)) }, link);
    }
  }

  return { batcher, send, sendMessage };
}
