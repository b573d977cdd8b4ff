import { heartbeats, protocolEvents } from '@asyngular/protocol';
import type { Dialect, Heard } from './dialects.js';

/** Begins the reason of a refusal that is about the token. */
export const TOKEN_REFUSED = 'the token was not accepted';

/** Asyngular and SocketCluster (docs/protocol.md). No extension is named, so that both get the same bytes. */
export function createPacketDialect(path: string, version: 1 | 2): Dialect {
  const { ping, pong } = heartbeats[version];
  const isPing = (text: string) => text === ping;
  return {
    path,
    pong,
    open: (cid, authToken) =>
      JSON.stringify({ event: protocolEvents.handshake, data: { authToken }, cid }),
    refusal: (answer, token) => {
      const { isAuthenticated, authError } = Object(answer);
      if (token === null || isAuthenticated === true) return undefined;
      return `${TOKEN_REFUSED} (${Object(authError).message ?? 'without a word'})`;
    },
    subscribe: (cid, channel) =>
      JSON.stringify({ event: protocolEvents.subscribe, data: { channel }, cid }),
    publish: (channel, data) =>
      `{"event":"${protocolEvents.publish}","data":{"channel":${JSON.stringify(channel)},"data":${data}}}`,
    call: (cid, procedure, data) =>
      `{"event":${JSON.stringify(procedure)},"data":${data},"cid":${cid}}`,
    read: (text) => (isPing(text) ? heartbeat : readPackets(text)),
  };
}

const heartbeat: readonly Heard[] = [{ type: 'ping' }];

function readPackets(text: string): Heard[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.map(readPacket) : [readPacket(value)];
}

function readPacket(packet: unknown): Heard {
  const { event, data, rid, error } = Object(packet);
  if (event === protocolEvents.publish) return { type: 'publication', data: Object(data).data };
  if (typeof rid !== 'number') return { type: 'other' };
  if (error === undefined || error === null) return { type: 'answer', id: rid, data };
  return { type: 'answer', id: rid, error: String(Object(error).name ?? error) };
}
