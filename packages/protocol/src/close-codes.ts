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
  moved: 4012,
} as const;

/** A close code with a meaning of its own in this protocol. */
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

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
  return code === closeCodes.normal || isCodeWithin(3000, code, 4999);
}

/** The code if a close frame may carry it, else the fallback (P4.8: 4008 for a refused handshake). */
export function legalCloseCode(code: unknown, fallback: number): number {
  return isLegalCloseCode(code) ? code : fallback;
}

/** From here on the application says: never come back. */
const FIRST_FINAL_CODE = 4500;

/** The peer went quiet or left no code: most likely a hiccup of the network. */
const networkHiccups: readonly number[] = [
  closeCodes.pingTimeout,
  closeCodes.pongTimeout,
  closeCodes.noStatus,
];

/** How a client goes on after a close: not at all, at once (first attempt only), or after a delay (P9.6). */
export type ReconnectMode = 'never' | 'immediate' | 'delayed';

/** Judges a close code for the client's reconnection. Source: docs/protocol.md P9.6. */
export function reconnectMode(code: number): ReconnectMode {
  if (code === closeCodes.normal || code >= FIRST_FINAL_CODE) {
    return 'never';
  }
  return networkHiccups.includes(code) ? 'immediate' : 'delayed';
}
