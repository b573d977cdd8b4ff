import { replaceBinary } from './binary-placeholders.js';
import type { Codec } from './codec.js';

/**
 * JSON without types, for clients: what a connection begins with. Binary data becomes `{base64:true,data}` (P8.3).
 * `encode` throws what `JSON.stringify` throws (cycles, BigInt) and gives `undefined` for a value without JSON, which no
 * packet is. `decode` never throws: it returns everything except JSON objects and arrays as it came. It does not bound
 * the depth of a message, since a client chose its server; for messages of strangers use `createJsonCodec`, which does.
 * Source: docs/protocol.md P8.
 */
export const jsonCodec: Codec = {
  encode: (packet) => JSON.stringify(packet, replaceBinary),
  decode(message) {
    try {
      const value: unknown = JSON.parse(message as string);
      return typeof value === 'object' && value ? value : message;
    } catch {
      return message ?? null;
    }
  },
};
