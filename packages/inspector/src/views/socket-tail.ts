import { type AGServerSocket, consume, type OutboundPacket } from '@asyngular/server';
import { cut } from './excerpt.js';
import { preview } from './preview.js';
import type { Sample } from './tail.js';

/** Packets whose data is a token, or holds one. */
const secret: ReadonlySet<unknown> = new Set(['#handshake', '#authenticate', '#setAuthToken']);
/** Messages that wait to be looked at; older ones are only counted. */
const BACKLOG = 1_000;
/** Larger messages are not decoded. */
const MAX_BYTES = 65_536;

/** Shows the packets of a socket in both directions, without heartbeats and without tokens. Returns what ends it. */
export function tailSocket(socket: AGServerSocket, sample: Sample): () => void {
  const options = { highWaterMark: BACKLOG, overflow: 'drop-oldest', onError: () => {} } as const;
  const ends = [
    consume(
      socket.inboundMessageStream,
      (message) => {
        // Heartbeats.
        if (message.length <= 2) return;
        sample.add({ way: 'in', bytes: message.length, text: () => textOf(socket, message) });
      },
      options,
    ),
    consume(
      socket.outboundPacketStream,
      (packet) => sample.add({ way: 'out', bytes: 0, text: () => textOfPacket(packet) }),
      options,
    ),
    consume(socket.listener('close'), ({ code, reason }) => {
      sample.ended = `The socket was closed with ${code}${reason ? `: ${reason}` : ''}`;
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function textOf(socket: AGServerSocket, message: string | Buffer): string {
  if (message.length > MAX_BYTES) return preview(() => '', message.length);
  let content: unknown;
  try {
    content = socket.decode(message);
  } catch {
    return 'a message that cannot be decoded';
  }
  return Array.isArray(content)
    ? `${content.length} packets: ${content.slice(0, 10).map(textOfPacket).join(' · ')}`
    : textOfPacket(content);
}

function textOfPacket(packet: unknown): string {
  const { event, data, rid, error, cid } = Object(packet) as OutboundPacket;
  if (event !== undefined) {
    const shown = secret.has(event) ? '(not shown)' : preview(() => data);
    return `${nameOf(event)}${cid === undefined ? '' : ` (call ${nameOf(cid)})`} ${shown}`;
  }
  if (rid === undefined) return preview(() => packet);
  if (error !== undefined) return `error of ${nameOf(rid)} ${preview(() => error)}`;
  return `answer to ${nameOf(rid)} ${preview(() => data)}`;
}

/** What comes in is shown before it is checked, so that a name may be of any type and length. */
function nameOf(given: unknown): string {
  return typeof given === 'string' ? cut(given) : preview(() => given);
}
