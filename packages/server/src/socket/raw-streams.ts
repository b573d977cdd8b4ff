import { WritableConsumableStream } from '@asyngular/streams';
import type { OutboundPacket } from '../outbound/outbound.js';
import type { Session } from '../session/session.js';

interface RawStreams {
  inbound?: WritableConsumableStream<string | Buffer>;
  outbound?: WritableConsumableStream<OutboundPacket>;
}

/** Beside the sessions: hardly any of them is looked into, and the others should not pay a field. */
const rawStreams = new WeakMap<Session, RawStreams>();

function streamsOf(session: Session): RawStreams {
  let streams = rawStreams.get(session);
  if (!streams) {
    streams = {};
    rawStreams.set(session, streams);
  }
  return streams;
}

/**
 * Every message of a socket from now on. The session's own method is wrapped on this one object, so
 * that the path of all other sockets stays without a check.
 */
export function inboundMessages(session: Session): WritableConsumableStream<string | Buffer> {
  const streams = streamsOf(session);
  if (streams.inbound) return streams.inbound;
  const stream = new WritableConsumableStream<string | Buffer>();
  streams.inbound = stream;
  const { onMessage } = session;
  session.onMessage = (message) => {
    stream.write(message);
    onMessage.call(session, message);
  };
  return stream;
}

/** Every packet sent to a socket from now on, in call order; publications are decoded anew for it. */
export function outboundPackets(session: Session): WritableConsumableStream<OutboundPacket> {
  const streams = streamsOf(session);
  if (streams.outbound) return streams.outbound;
  const stream = new WritableConsumableStream<OutboundPacket>();
  streams.outbound = stream;
  const { outbound } = session;
  const { send, publish } = outbound;
  outbound.send = (packet) => {
    stream.write(packet);
    send.call(outbound, packet);
  };
  outbound.publish = (frame, publication) => {
    if (stream.getConsumerCount() > 0) stream.write(publication.packet);
    publish.call(outbound, frame, publication);
  };
  return stream;
}

/** Ends the loops over them, if there are any. */
export function endRawStream(
  session: Session,
  direction: keyof RawStreams,
  mode: 'close' | 'kill',
): void {
  rawStreams.get(session)?.[direction]?.[mode]();
}
