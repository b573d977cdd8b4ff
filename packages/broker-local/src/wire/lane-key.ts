import type { Lane } from '@asyngular/broker/transport';

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The name of a lane on the wire, one to one: `n` is the control lane, `c` stands before a channel's name in UTF-8,
 * and `u` before one that UTF-8 cannot express, in UTF-16. It is kept as a text with one character per byte, so that
 * the hub finds its way without decoding anything.
 */
export function laneKey(lane: Lane): string {
  if (lane === null) return 'n';
  if (LONE_SURROGATE.test(lane)) return `u${Buffer.from(lane, 'utf16le').toString('latin1')}`;
  return `c${Buffer.from(lane).toString('latin1')}`;
}
