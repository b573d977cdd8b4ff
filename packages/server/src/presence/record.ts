import { toStoredJson } from '../codecs/stored-json.js';
import type { PresenceMember } from './types.js';

/** What one server says of a member: the part of it that is connected there. Never changed, only replaced. */
export interface PresenceRecord extends PresenceMember {
  /** When the state was made; see `HybridClock`. */
  readonly stamp: number;
}

/** What one server says. */
export interface Source {
  readonly server: string;
  readonly record: PresenceRecord;
}

/** The records of several servers as one member: the state is that of the newest. `sources` has at least one. */
export function mergeRecords(sources: readonly Source[]): PresenceRecord {
  let [newest] = sources;
  let { joinedAt, connections } = newest!.record;
  for (const source of sources.slice(1)) {
    joinedAt = Math.min(joinedAt, source.record.joinedAt);
    connections += source.record.connections;
    if (isNewer(source, newest!)) newest = source;
  }
  const { record } = newest!;
  return sources.length === 1 ? record : { ...record, joinedAt, connections };
}

/** Of two states with the same stamp all servers take the same one. */
function isNewer(one: Source, other: Source): boolean {
  const difference = one.record.stamp - other.record.stamp;
  return difference === 0 ? one.server > other.server : difference > 0;
}

/** Whether a watcher sees the same, apart from the number of connections. */
export function isSameFace(one: PresenceRecord, other: PresenceRecord): boolean {
  return one.userId === other.userId && isSameState(one.state, other.state);
}

export function isSameState(one: unknown, other: unknown): boolean {
  return one === other || toStoredJson([one]) === toStoredJson([other]);
}
