import type { Dialect, Heard } from './dialects.js';

// Text packets of Engine.IO 4 and, inside its messages, of Socket.IO 5. Their servers have no channels of their own: the
// application listens to `subscribe`, `publish` and the procedure's name, as docs/cli.md shows.
const PING = '2';
const PONG = '3';
const CONNECT = '40';
const EVENT = '42';
const ACK = '43';
const CONNECT_ERROR = '44';
/** The packet that answers a connect has no id; it is the first answer of a connection. */
const OPENING_ID = 1;

/** Socket.IO over WebSocket, on the default namespace. */
export const socketIoDialect: Dialect = {
  path: '/socket.io/',
  query: 'EIO=4&transport=websocket',
  pong: PONG,
  open: (_id, token) => (token === null ? CONNECT : `${CONNECT}${JSON.stringify({ token })}`),
  refusal: () => undefined,
  subscribe: (id, channel) => `${EVENT}${id}${JSON.stringify(['subscribe', channel])}`,
  publish: (channel, data) => `${EVENT}["publish",${JSON.stringify(channel)},${data}]`,
  call: (id, procedure, data) => `${EVENT}${id}[${JSON.stringify(procedure)},${data}]`,
  read: (text) => [readPacket(text)],
};

function readPacket(text: string): Heard {
  if (text === PING) return { type: 'ping' };
  switch (text.slice(0, 2)) {
    case CONNECT:
      return { type: 'answer', id: OPENING_ID };
    case CONNECT_ERROR:
      return { type: 'answer', id: OPENING_ID, error: String(parse(text, 2)?.message ?? text) };
    case EVENT: {
      const [event, , data] = parse(text, 2) ?? [];
      return event === 'publish' ? { type: 'publication', data } : { type: 'other' };
    }
    case ACK: {
      const start = text.indexOf('[');
      return { type: 'answer', id: Number(text.slice(2, start)), data: parse(text, start)?.[0] };
    }
  }
  return { type: 'other' };
}

function parse(text: string, start: number): any {
  return JSON.parse(text.slice(start));
}
