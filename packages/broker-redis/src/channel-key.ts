import type { Lane } from '@asyngular/broker/transport';

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The Redis channel of any channel name, one to one: `room` → `asyngular:c:room`. Redis takes any bytes;
 * only a name that UTF-8 cannot express (a lone surrogate) travels as hexadecimal UTF-16. `null` is the
 * control lane.
 */
export function channelKey(prefix: string, lane: Lane): string {
  if (lane === null) return `${prefix}n`;
  if (!LONE_SURROGATE.test(lane)) return `${prefix}c:${lane}`;
  return `${prefix}u:${Buffer.from(lane, 'utf16le').toString('hex')}`;
}
