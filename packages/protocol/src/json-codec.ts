import { replaceBinary } from './binary-placeholders.js';
import type { Codec } from './codec.js';

/**
 * The client's default codec: JSON in which binary data becomes `{base64:true,data}` (P8.3). `encode` throws what
 * `JSON.stringify` throws (cycles, BigInt) and gives undefined for what has no JSON, which no packet is. `decode`
 * never throws; what is no JSON object or array is returned as it is. It looks no further than that, since a client chose its server: whoever reads messages of strangers uses
 * `createJsonCodec`, which also bounds their depth. Source: docs/protocol.md P8.
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
