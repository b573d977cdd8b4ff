import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { FairTurns } from '../src/turns/fair-turns.js';

/** Work that takes as many milliseconds as it is told, and notes that it was done. */
function start() {
  let nowMs = 0;
  const done: string[] = [];
  const turns = new FairTurns<string>(
    (member) => member,
    () => nowMs,
  );
  const work = (name: string, ms: number) => () => {
    nowMs += ms;
    done.push(name);
  };
  return { turns, done, work };
}

describe('a crowd', () => {
  test('is let in at once while the turn has time, and then in the next ones', async () => {
    const { turns, done, work } = start();
    for (const name of ['a', 'b', 'c', 'd', 'e']) turns.run('one', work(name, 1.9));
    expect(done).toEqual(['a', 'b']);
    expect(turns.size).toBe(3);
    await nextTurn();
    expect(done).toEqual(['a', 'b', 'c', 'd']);
    turns.run('one', work('f', 0));
    expect(done).not.toContain('f');
    await nextTurn();
    expect(done).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(turns.size).toBe(0);
  });

  test('of cheap work is let in by number, for what it sets off', async () => {
    const { turns, done, work } = start();
    for (let i = 0; i < 100; i++) turns.run('one', work('x', 0));
    const first = done.length;
    expect(first).toBeGreaterThan(10);
    expect(first).toBeLessThan(100);
    await nextTurn();
    expect(done.length).toBe(2 * first);
  });

  test('of slow work is let in one by one', async () => {
    const { turns, done, work } = start();
    for (const name of ['a', 'b', 'c']) turns.run('one', work(name, 50));
    expect(done).toEqual(['a']);
    await nextTurn();
    expect(done).toEqual(['a', 'b']);
  });

  test('does not make others wait for all of it, and each side keeps its order', async () => {
    const { turns, done, work } = start();
    turns.run('first', work('now', 10));
    for (let i = 0; i < 3_000; i++) turns.run('many', work(`many ${i}`, 1));
    for (let i = 0; i < 3; i++) turns.run('few', work(`few ${i}`, 1));
    while (!done.includes('few 2')) await nextTurn();
    const order = ['now', 'many 0', 'few 0', 'many 1', 'few 1', 'many 2', 'few 2'];
    expect(done.slice(0, order.length)).toEqual(order);
    while (turns.size > 0) await nextTurn();
    const rest = done.filter((name) => name.startsWith('many'));
    expect(rest).toEqual(Array.from({ length: 3_000 }, (_, i) => `many ${i}`));
  });

  test('gets what its work returns, whenever it is done', async () => {
    const { turns, done, work } = start();
    turns.run('one', work('long', 10));
    const { turn } = turns;
    const answer = turns.pass('one', async () => {
      done.push('waited');
      return 7;
    });
    const failure = turns.pass('one', () => Promise.reject(new Error('as intended')));
    expect(done).toEqual(['long']);
    expect(await answer).toBe(7);
    await expect(failure).rejects.toThrow('as intended');
    expect(turns.turn).toBe(turn + 1);
  });

  test('comes behind what waits with what it asks for itself', async () => {
    const { turns, done, work } = start();
    turns.run('one', () => {
      turns.run('two', work('again', 0));
      done.push('first');
    });
    expect(done).toEqual(['first']);
    await nextTurn();
    expect(done).toEqual(['first', 'again']);
  });

  test('is not held up by work that throws', async () => {
    const { turns, done, work } = start();
    const fail = () => {
      throw new Error('as intended');
    };
    expect(() => turns.run('one', fail)).toThrow('as intended');
    turns.run('one', work('next', 0));
    expect(done).toEqual(['next']);
  });
});
