/**
 * How one protocol says the things that the scenarios need. Everything is text, made once and
 * framed once; while a scenario runs, the generator only counts frames.
 */
export interface Dialect {
  /** Path and query of the upgrade request. */
  path: string;
  /** Messages to send after the upgrade; each waits for one answer that `isReady` accepts. */
  handshake(token?: string): string[];
  /** Whether the connection is ready for use after this answer; throws when it was refused. */
  isReady(answer: string, token?: string): boolean;
  /** Messages that subscribe to all channels, in the most economical way the protocol has. */
  subscribe(channels: string[]): string[];
  /** How many of those subscriptions this message confirms. */
  confirmed(answer: string): number;
  publish(channel: string, dataJson: string): string;
  call(id: number, dataJson: string): string;
  /** The answer to {@link call}, exactly. */
  answer(id: number, dataJson: string): string;
  flood(dataJson: string): string;
  /** A publication as a subscriber receives it, exactly. */
  delivery(channel: string, dataJson: string): string;
  /** A publication as it came, without what differs from one to the next; their lengths then differ, too. */
  withoutPlace?(text: string): string;
  /** The answer to a heartbeat (a message of at most one character). */
  pong(ping: string): string;
}

const plain: Dialect = {
  path: '/',
  handshake: (token) => (token ? [JSON.stringify({ type: 'authenticate', token })] : []),
  isReady: (answer) => answer === '{"type":"authenticated"}',
  subscribe: (channels) => {
    return channels.map((channel, id) => JSON.stringify({ type: 'subscribe', channel, id }));
  },
  confirmed: (answer) => (answer.startsWith('{"type":"reply","id":') ? 1 : 0),
  publish: (channel, data) => `{"type":"publish","channel":"${channel}","data":${data}}`,
  call: (id, data) => `{"type":"call","id":${id},"data":${data}}`,
  answer: (id, data) => `{"type":"reply","id":${id},"data":${data}}`,
  flood: (data) => `{"type":"flood","data":${data}}`,
  delivery: (channel, data) => `{"type":"publish","channel":"${channel}","data":${data}}`,
  pong: () => '',
};

interface PacketAnswer {
  rid?: number;
  error?: unknown;
  data?: { isAuthenticated?: boolean };
}

/** Asyngular and SocketCluster, protocol version 2 (docs/protocol.md). */
function packets(path: string): Dialect {
  return {
    path,
    handshake: (token = undefined) => [
      JSON.stringify({ event: '#handshake', data: { authToken: token ?? null }, cid: 1 }),
    ],
    isReady: (answer, token) => {
      const { rid, error, data } = JSON.parse(answer) as PacketAnswer;
      if (error || (token && !data?.isAuthenticated)) throw new Error(`Refused: ${answer}`);
      return rid === 1;
    },
    subscribe: (channels) => {
      const batch = channels.map((channel, index) => {
        return { event: '#subscribe', data: { channel }, cid: 2 + index };
      });
      return [JSON.stringify(batch.length === 1 ? batch[0] : batch)];
    },
    confirmed: (answer) => {
      const value = JSON.parse(answer) as PacketAnswer | PacketAnswer[];
      return (Array.isArray(value) ? value : [value]).filter(({ rid, error }) => {
        if (error) throw new Error(`Subscription refused: ${answer}`);
        return rid !== undefined;
      }).length;
    },
    publish: (channel, data) =>
      `{"event":"#publish","data":{"channel":"${channel}","data":${data}}}`,
    call: (id, data) => `{"event":"echo","data":${data},"cid":${id}}`,
    answer: (id, data) => `{"rid":${id},"data":${data}}`,
    flood: (data) => `{"event":"flood","data":${data}}`,
    delivery: (channel, data) =>
      `{"event":"#publish","data":{"channel":"${channel}","data":${data}}}`,
    pong: () => '',
  };
}

/** Socket.IO 5 over Engine.IO 4, WebSocket only. */
const socketIo: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  handshake: (token) => [token ? `40${JSON.stringify({ token })}` : '40'],
  isReady: (answer) => {
    if (answer.startsWith('44')) throw new Error(`Refused: ${answer}`);
    return answer.startsWith('40');
  },
  subscribe: (channels) => channels.map((channel, id) => `42${id}["subscribe","${channel}"]`),
  confirmed: (answer) => (answer.startsWith('43') ? 1 : 0),
  publish: (channel, data) => `42["publish","${channel}",${data}]`,
  call: (id, data) => `42${id}["echo",${data}]`,
  answer: (id, data) => `43${id}[${data}]`,
  flood: (data) => `42["flood",${data}]`,
  delivery: (channel, data) => `42["publish","${channel}",${data}]`,
  pong: () => '3',
};

export const dialects = {
  plain,
  asyngular: packets('/asyngular/'),
  /** The same on channels with history: each publication has its place. */
  'asyngular-history': {
    ...packets('/asyngular/'),
    withoutPlace: (text: string) => text.replace(/,"p":"\d+:\w+"\}\}$/, '}}'),
  },
  socketcluster: packets('/socketcluster/'),
  'socket.io': socketIo,
} satisfies Record<string, Dialect>;

export type DialectName = keyof typeof dialects;
