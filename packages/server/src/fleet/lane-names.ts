/**
 * Names of the broker's channels on which servers talk to each other begin so. No client and no application can
 * subscribe to them or publish on them (P15.50).
 */
const RESERVED = '#fleet:';

/** Heard by every server of the fleet. */
export const laneToAll = `${RESERVED}all`;

/** Whether a channel's name is one that only servers use between themselves. */
export function isReservedName(channel: string): boolean {
  return channel.startsWith(RESERVED);
}

/** Heard by one server. */
export function laneTo(server: string): string {
  return `${RESERVED}to:${server}`;
}

/** Heard by the servers that asked for it. */
export function laneOf(topic: string, name: string): string {
  return `${RESERVED}of:${topic}:${name}`;
}
