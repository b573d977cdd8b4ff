import { type Codec, protocolEvents } from '@asyngular/protocol';
import { isJsonPublication, PUBLICATION_TAIL } from './publication-check.js';

/**
 * An encoded publication with the member `p`, its place in the channel's log (P14.8). JSON is not parsed for it. Throws
 * what the codec throws.
 */
export function withPlace(
  message: string | Uint8Array,
  place: string,
  codec: Codec,
  encode: (packet: unknown) => string | Uint8Array,
): string | Uint8Array {
  if (typeof message === 'string' && isJsonPublication(message)) {
    return `${message.slice(0, -PUBLICATION_TAIL.length)},"p":"${place}"${PUBLICATION_TAIL}`;
  }
  const { data } = codec.decode(message) as { data: object };
  return encode({ event: protocolEvents.publish, data: { ...data, p: place } });
}
