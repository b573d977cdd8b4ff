import { describe, expect, it } from 'vitest';
import { FIXED_ROOMS, MAX_ROOMS, Rooms } from '../src/server/rooms.js';
import { checkRoom } from '../src/shared/rules.js';

const newRooms = MAX_ROOMS - FIXED_ROOMS.length;
const names = (rooms: Rooms) => rooms.summaries().map(({ name }) => name);

describe('Rooms', () => {
  it('replace the oldest empty room at the limit, but never a fixed one', () => {
    const rooms = new Rooms();
    for (let n = 1; n <= newRooms; n++) rooms.open(`room-${n}`);
    rooms.join('room-1', 'socket', 'Ada');
    rooms.open('one-more');
    expect(names(rooms)).toHaveLength(MAX_ROOMS);
    expect(names(rooms)).toEqual(expect.arrayContaining([...FIXED_ROOMS, 'room-1', 'one-more']));
    expect(names(rooms)).not.toContain('room-2');
  });

  it('refuse a new room while all are occupied', () => {
    const rooms = new Rooms();
    for (let n = 1; n <= newRooms; n++) rooms.join(`room-${n}`, `socket-${n}`, 'Ada');
    expect(() => rooms.open('one-more')).toThrow('too many rooms');
    rooms.leave('room-7', 'socket-7');
    rooms.open('one-more');
    expect(names(rooms)).not.toContain('room-7');
  });

  it('may have the names of object members', () => {
    const rooms = new Rooms();
    const name = checkRoom('constructor');
    rooms.join(name, '__proto__', 'Ada');
    expect(rooms.memberNames(name)).toEqual(['Ada']);
  });
});
