import type { WireRecord } from './messages.js';
import type { PresenceRecord } from './record.js';

export function writeRecord(record: PresenceRecord): WireRecord {
  const { key, userId, state, stamp, joinedAt, connections } = record;
  if (userId === key) return [key, state, stamp, joinedAt, connections];
  return [key, state, stamp, joinedAt, connections, userId ?? null];
}

export function readRecord(wire: WireRecord): PresenceRecord {
  const [key, state, stamp, joinedAt, connections] = wire;
  // One text for both takes half of the memory.
  const userId = wire.length === 5 ? key : (wire[5] ?? undefined);
  return { key, userId, state, stamp, joinedAt, connections };
}
