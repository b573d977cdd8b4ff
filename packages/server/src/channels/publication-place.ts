import { type Codec, protocolEvents } from '@asyngular/protocol';
import { toMessage } from '../codecs/message.js';
import { isJsonPublication, TAIL } from '../codecs/publication-text.js';

/**
 * An encoded publication with the member `p`, its place in the channel's log (P14.8). JSON is not parsed for it. Throws
 * what the codec throws.
 */
export function withPlace(
  message: string | Uint8Array,
  place: string,
  codec: Codec,
): string | Uint8Array {
  if (typeof message === 'string' && isJsonPublication(message)) {
    return `${message.slice(0, -TAIL.length)},"p":"${place}"${TAIL}`;
  }
  const { data } = codec.decode(message) as { data: object };
  return toMessage(codec.encode({ event: protocolEvents.publish, data: { ...data, p: place } }));
}
