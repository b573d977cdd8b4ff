/** The bounds that an engine watches over. */
export type EngineLimit = 'maxPayload' | 'maxFragments' | 'maxHeldBytes' | 'protocol';

/** Close codes for what `ws` finds wrong in what a peer sends (RFC 6455 §7.4.1). */
const codes: ReadonlyMap<unknown, number> = new Map([
  ['WS_ERR_EXPECTED_FIN', 1002],
  ['WS_ERR_EXPECTED_MASK', 1002],
  ['WS_ERR_INVALID_CLOSE_CODE', 1002],
  ['WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', 1002],
  ['WS_ERR_INVALID_OPCODE', 1002],
  ['WS_ERR_UNEXPECTED_RSV_1', 1002],
  ['WS_ERR_UNEXPECTED_RSV_2_3', 1002],
  ['WS_ERR_INVALID_UTF8', 1007],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
]);

/** The code that `ws` closes a connection with because of this error; `undefined`: it did not. */
export function codeOfFault(error: Error): number | undefined {
  return codes.get((error as { code?: unknown }).code);
}

/** The bound that a peer broke, by the code it is closed with. */
export function limitOfFault(code: number): EngineLimit {
  if (code === 1009) return 'maxPayload';
  return code === 1008 ? 'maxFragments' : 'protocol';
}
