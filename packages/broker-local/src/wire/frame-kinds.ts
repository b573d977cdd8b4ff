/**
 * What travels between a worker and its hub: frames of a length (four bytes, of what follows), a kind (one byte) and
 * a body. A worker begins with `hello`, and the hub answers `welcome`. From then on the hub answers every request,
 * in the order in which they came, so that answers need no ids:
 *
 * ```
 * worker → hub   hello, message, subscribe, unsubscribe, follow, unfollow, append, read, tops, probe, bye
 * hub → worker   welcome, done (so many of the oldest requests), answer and refused (the oldest one), message, entry
 * ```
 *
 * A `message` has the same shape both ways: the hub forwards the very bytes that came. `unsubscribe`, `unfollow` and
 * `bye` are no requests; nobody waits for them.
 */
export const frameKinds = {
  hello: 1,
  message: 2,
  subscribe: 3,
  unsubscribe: 4,
  follow: 5,
  unfollow: 6,
  append: 7,
  read: 8,
  tops: 9,
  probe: 10,
  bye: 11,
  welcome: 20,
  done: 21,
  answer: 22,
  refused: 23,
  entry: 24,
} as const;

/** Grows when workers and hubs do not understand each other any more. */
export const WIRE_VERSION = 1;

/** Bytes of a frame's length, and where its body begins. */
export const LENGTH_BYTES = 4;
export const BODY_START = 5;

/** The largest frame that a worker sends; what is larger is refused before. */
export const MAX_REQUEST_BYTES = 48 * 1024 * 1024;
/** The largest frame that is taken: a page of a log has room for what an append may bring. What is larger ends the connection. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;
