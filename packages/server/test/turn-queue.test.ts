import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { TurnQueue } from '../src/turns/turn-queue.js';

describe('work that comes in crowds', () => {
  test('is done at once as far as the turn has room, and then in order in the next ones', async () => {
    const turns = new TurnQueue(2);
    const done: number[] = [];
    for (let piece = 0; piece < 5; piece++) turns.run(() => done.push(piece));

    expect(done).toEqual([0, 1]);
    await nextTurn();
    expect(done).toEqual([0, 1, 2, 3]);
    turns.run(() => done.push(5));
    expect(done).toEqual([0, 1, 2, 3]);
    await nextTurn();
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('fills a turn sooner where it counts for more', async () => {
    const turns = new TurnQueue(10);
    const done: string[] = [];
    const large = (name: string) => () => {
      turns.count(4);
      done.push(name);
    };
    for (const name of ['a', 'b', 'c']) turns.run(large(name));

    expect(done).toEqual(['a', 'b']);
    await nextTurn();
    expect(done).toEqual(['a', 'b', 'c']);
  });

  test('comes behind what waits when it asks for more of itself', async () => {
    const turns = new TurnQueue(2);
    const done: string[] = [];
    turns.run(() => {
      done.push('first');
      turns.run(() => done.push('again'));
      expect(done).toEqual(['first']);
    });
    expect(done).toEqual(['first', 'again']);
    turns.run(() => done.push('other'));
    await nextTurn();
    expect(done).toEqual(['first', 'again', 'other']);
  });

  test('that throws holds up nothing else', async () => {
    const turns = new TurnQueue(1);
    const done: string[] = [];
    const fail = () => {
      throw new Error('as intended');
    };
    expect(() => turns.run(fail)).toThrow('as intended');
    turns.run(() => done.push('next'));
    await nextTurn();
    expect(done).toEqual(['next']);
  });
});
