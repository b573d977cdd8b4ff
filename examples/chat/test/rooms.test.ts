import { WritableConsumableStream } from '@asyngular/streams';
import { until } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { FIXED_ROOMS, MAX_ROOMS, Rooms } from '../src/server/rooms.js';
import type { RoomSummary } from '../src/shared/chat-contract.js';
import { checkRoom } from '../src/shared/rules.js';

const newRooms = MAX_ROOMS - FIXED_ROOMS.length;
const names = (rooms: Rooms) => rooms.summaries().map(({ name }) => name);

/** Rooms, and how many people are in each. */
function createRooms() {
  const counts = new Map<string, number>();
  const changes = new Map<string, WritableConsumableStream>();
  const announced: RoomSummary[][] = [];
  const rooms = new Rooms({
    people(room) {
      const stream = new WritableConsumableStream();
      changes.set(room, stream);
      return {
        get count() {
          return counts.get(room) ?? 0;
        },
        changes: () => stream,
        close: () => stream.close(),
      };
    },
    announce: (list) => announced.push(list),
  });
  return { rooms, counts, changes, announced };
}

describe('Rooms', () => {
  it('replace the oldest empty room at the limit, but never a fixed one', () => {
    const { rooms, counts, changes } = createRooms();
    for (let n = 1; n <= newRooms; n++) rooms.open(`room-${n}`);
    counts.set('room-1', 1);
    rooms.open('one-more');
    expect(names(rooms)).toHaveLength(MAX_ROOMS);
    expect(names(rooms)).toEqual(expect.arrayContaining([...FIXED_ROOMS, 'room-1', 'one-more']));
    expect(names(rooms)).not.toContain('room-2');
    expect(changes.get('room-1')!.getConsumerCount()).toBe(1);
  });

  it('refuse a new room while all are occupied', () => {
    const { rooms, counts } = createRooms();
    for (let n = 1; n <= newRooms; n++) {
      rooms.open(`room-${n}`);
      counts.set(`room-${n}`, 1);
    }
    expect(() => rooms.open('one-more')).toThrow('too many rooms');
    counts.delete('room-7');
    rooms.open('one-more');
    expect(names(rooms)).not.toContain('room-7');
  });

  it('are announced when somebody comes or goes, and not for what people show', async () => {
    const { counts, changes, announced } = createRooms();
    changes.get('lobby')!.write({ type: 'update' });
    counts.set('lobby', 2);
    for (let n = 0; n < 5; n++) changes.get('lobby')!.write({ type: 'enter' });
    await until('the list', () => announced.length > 0);
    expect(announced).toEqual([
      FIXED_ROOMS.map((name) => ({ name, members: name === 'lobby' ? 2 : 0, latest: 0 })),
    ]);
  });

  it('may have the names of object members', () => {
    const { rooms, counts } = createRooms();
    const name = checkRoom('constructor');
    rooms.open(name);
    counts.set(name, 1);
    expect(rooms.summaries()).toContainEqual({ name, members: 1, latest: 0 });
  });
});
