import { RESERVED_PREFIX } from '../channels/reserved-names.js';

/** Heard by every server of the fleet. */
export const laneToAll = `${RESERVED_PREFIX}all`;

const TOPICS = `${RESERVED_PREFIX}of:`;

/** Heard by one server. */
export function laneTo(server: string): string {
  return `${RESERVED_PREFIX}to:${server}`;
}

/** Heard by the servers that asked for it. The name of a topic has no colon. */
export function laneOf(topic: string, name: string): string {
  return `${TOPICS}${topic}:${name}`;
}

/** The topic and the name that a lane was made of; `undefined` if it is not of that kind. */
export function readLane(lane: string): { topic: string; name: string } | undefined {
  if (!lane.startsWith(TOPICS)) return undefined;
  const end = lane.indexOf(':', TOPICS.length);
  return { topic: lane.slice(TOPICS.length, end), name: lane.slice(end + 1) };
}
