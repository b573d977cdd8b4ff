import type { BrokerPayload } from './broker.js';

/** Length of a payload as it travels; text as UTF-8. */
export function payloadBytes(payload: BrokerPayload): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
}
