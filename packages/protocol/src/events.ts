/**
 * Names of the packets that the protocol itself uses. A peer handles them; they never reach the
 * user's receivers. Source: docs/protocol.md P3.8.
 */
export const protocolEvents = {
  /** C→S, first message of a connection (P4.1). */
  handshake: '#handshake',
  /** C→S, verify a signed token (P5.1). */
  authenticate: '#authenticate',
  /** S→C, a new signed token for the client (P5.5). */
  setAuthToken: '#setAuthToken',
  /** Either way, forget the token (P5.7). */
  removeAuthToken: '#removeAuthToken',
  /** C→S, join a channel (P6.1). */
  subscribe: '#subscribe',
  /** C→S, leave a channel (P6.5). */
  unsubscribe: '#unsubscribe',
  /** C→S a publication, S→C a delivery (P6.7, P6.9). */
  publish: '#publish',
  /** S→C, the server took the client out of a channel (P6.12). */
  kickOut: '#kickOut',
  /** S→C, with the extension `interruption`: publications may be missing (P12.6). */
  interruption: '#interruption',
  /** S→C, with the extension `people`: the server has subscribed the client to a channel (P18.5). */
  joined: '#joined',
  /** C→S, with the extension `recovery`: a piece of a channel's log (P14.16). */
  history: '#history',
  /** S→C, with the extension `recovery`: where the client is on a channel (P14.10). */
  position: '#position',
  /** Either way, with the extension `presence`: who is in a channel (P15.6, P15.10). */
  presence: '#presence',
  /** Either way, with the extension `stream`: how many items the reader of a stream takes (P16.5). */
  credit: '#credit',
  /** Either way, with the extension `stream` or `cancel`: a call was withdrawn, or a body is not read (P16.7). */
  cancel: '#cancel',
  /** Either way, with the extension `stream`: an item of a call's body (P16.10). */
  body: '#body',
  /** S→C, with the extension `moving`: go to another server (P19.2). */
  reconnect: '#reconnect',
  /** C→S, with the extension `moving`: the steps of that (P19.4, P19.5, P19.6). */
  moving: '#moving',
  /** Version 1 only: code and reason sent ahead of the close (P11.4). */
  disconnect: '#disconnect',
} as const;

/** One of the reserved event names. */
export type ProtocolEvent = (typeof protocolEvents)[keyof typeof protocolEvents];

/** Wire protocol versions: they differ in the heartbeat and in `#disconnect` only (P11.1). */
export type ProtocolVersion = 1 | 2;

/** Heartbeat messages per protocol version; they bypass the codec and every batch (P2.1, P11.2). */
export const heartbeats = {
  1: { ping: '#1', pong: '#2' },
  2: { ping: '', pong: '' },
} as const satisfies Record<ProtocolVersion, { ping: string; pong: string }>;
