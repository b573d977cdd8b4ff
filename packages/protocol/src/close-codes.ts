/** Close codes by meaning. 1xxx: RFC 6455 §7.4.1; 4xxx: docs/protocol.md P9.2. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  noStatus: 1005,
  abnormal: 1006,
  invalidPayload: 1007,
  policyViolation: 1008,
  messageTooBig: 1009,
  mandatoryExtension: 1010,
  internalError: 1011,
  pingTimeout: 4000,
  pongTimeout: 4001,
  signTokenFailed: 4002,
  handshakeFailed: 4003,
  saveTokenFailed: 4004,
  handshakeTimeout: 4005,
  brokerBindFailed: 4006,
  connectTimeout: 4007,
  handshakeRejected: 4008,
  messageBeforeHandshake: 4009,
  slowConsumer: 4011,
} as const;

/** A close code with a meaning of its own in this protocol. */
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** What each close code means; the text stands in for a reason that the frame left empty (P9.2). */
export const socketProtocolErrorStatuses: Readonly<Record<number, string>> = {
  1001: 'Socket was disconnected',
  1002: 'A WebSocket protocol error was encountered',
  1003: 'Server terminated socket because it received invalid data',
  1005: 'Socket closed without status code',
  1006: 'Socket hung up',
  1007: 'Message format was incorrect',
  1008: 'Encountered a policy violation',
  1009: 'Message was too big to process',
  1010: 'Client ended the connection because the server did not comply with extension requirements',
  1011: 'Server encountered an unexpected fatal condition',
  4000: 'Server ping timed out',
  4001: 'Client pong timed out',
  4002: 'Server failed to sign auth token',
  4003: 'Failed to complete handshake',
  4004: 'Client failed to save auth token',
  4005: 'Did not receive #handshake from client before timeout',
  4006: 'Failed to bind socket to message broker',
  4007: 'Client connection establishment timed out',
  4008: 'Server rejected handshake from client',
  4009: 'Server received a message before the client handshake',
  4011: 'Slow consumer',
};

/** Close codes that are no error: nobody is warned about them (P9.3). */
export const socketProtocolIgnoreStatuses: Readonly<Record<number, string>> = {
  1000: 'Socket closed normally',
  1001: 'Socket was disconnected',
};

/** Whether `code` is an integer from `first` to `last`. */
export function isCodeWithin(first: number, code: unknown, last: number): code is number {
  return Number.isInteger(code) && first <= (code as number) && (code as number) <= last;
}

/** Whether a close frame may carry the code (RFC 6455 §7.4.2); 1004–1006 and 1015 never travel. */
export function isLegalCloseCode(code: unknown): code is number {
  return (
    isCodeWithin(1000, code, 1003) ||
    isCodeWithin(1007, code, 1014) ||
    isCodeWithin(3000, code, 4999)
  );
}

/** Whether an application may close with the code: what `WebSocket.close()` of a browser takes. */
export function isApplicationCloseCode(code: unknown): code is number {
  return code === 1000 || isCodeWithin(3000, code, 4999);
}

/** The code if a close frame may carry it, else the fallback (P4.8: 4008 for a refused handshake). */
export function legalCloseCode(code: unknown, fallback: number): number {
  return isLegalCloseCode(code) ? code : fallback;
}

/** How a client goes on after a close: not at all, at once (first attempt only), or after a delay (P9.6). */
export type ReconnectMode = 'never' | 'immediate' | 'delayed';

/** Judges a close code for the client's reconnection. Source: docs/protocol.md P9.6. */
export function reconnectMode(code: number): ReconnectMode {
  // Numbers rather than `closeCodes`: bundles for browsers can then leave its 21 names out.
  if (code === 1000 || code >= 4500) {
    return 'never';
  }
  // The peer went quiet or left no code: most likely a hiccup of the network.
  return code === 4000 || code === 4001 || code === 1005 ? 'immediate' : 'delayed';
}
