import { closeCodes } from '@asyngular/protocol';
/** The bounds that an engine watches over. */
export type EngineLimit = 'maxPayload' | 'maxFragments' | 'maxHeldBytes' | 'protocol';

/** Close codes for what `ws` finds wrong in what a peer sends (RFC 6455 §7.4.1). */
const codes: ReadonlyMap<unknown, number> = new Map([
  ['WS_ERR_EXPECTED_FIN', closeCodes.protocolError],
  ['WS_ERR_EXPECTED_MASK', closeCodes.protocolError],
  ['WS_ERR_INVALID_CLOSE_CODE', closeCodes.protocolError],
  ['WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', closeCodes.protocolError],
  ['WS_ERR_INVALID_OPCODE', closeCodes.protocolError],
  ['WS_ERR_UNEXPECTED_RSV_1', closeCodes.protocolError],
  ['WS_ERR_UNEXPECTED_RSV_2_3', closeCodes.protocolError],
  ['WS_ERR_INVALID_UTF8', closeCodes.invalidPayload],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', closeCodes.policyViolation],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', closeCodes.messageTooBig],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', closeCodes.messageTooBig],
]);

/** The code that `ws` closes a connection with because of this error; `undefined`: it did not. */
export function codeOfFault(error: Error): number | undefined {
  return codes.get((error as { code?: unknown }).code);
}

/** The bound that a peer broke, by the code it is closed with. */
export function limitOfFault(code: number): EngineLimit {
  if (code === closeCodes.messageTooBig) return 'maxPayload';
  return code === closeCodes.policyViolation ? 'maxFragments' : 'protocol';
}
