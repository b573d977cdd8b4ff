import { collect } from '@asyngular/test-utils/collect';
import { until, within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { startFleet } from './fleet.js';

describe('what is under way when a server leaves', () => {
  it('ends where it began, and what was sent before is handled before what is sent after (P19.5, P19.7)', async () => {
    const { old, next, route, connect } = await startFleet();
    const handled: string[] = [];
    let answer = () => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    for (const server of [old, next]) {
      const name = server === old ? 'old' : 'next';
      server.handleTransmit('note', (n) => handled.push(`${name}:${n}`));
      server.handle('slow', async () => {
        await gate;
        return name;
      });
      server.handle('fast', () => name);
      server.handle('count', async function* count() {
        yield 1;
        await gate;
        yield 2;
        return 'end';
      } as never);
    }
    const { socket, events } = await connect();
    const migrations = collect(socket.listener('migrated'));
    const slow = socket.invoke('slow');
    const items: unknown[] = [];
    const streamed = (async () => {
      for await (const item of socket.stream('count')) items.push(item);
    })();
    await until('the first item', () => items.length === 1);
    events.length = 0;
    let sent = 0;
    const sender = setInterval(() => socket.transmit('note', ++sent), 1);
    await until('some notes', () => sent > 10);
    route(next);
    const drained = old.drain({ spread: 10, timeout: 10_000 });
    await until('the move', () => migrations.length === 1);
    expect(await within('a new call', socket.invoke('fast'))).toBe('next');
    const then = sent;
    await until('more notes', () => sent > then + 10);
    clearInterval(sender);
    await until('all notes', () => handled.length === sent);
    expect(handled.map((text) => Number(text.split(':')[1]))).toEqual(
      [...Array(sent)].map((_, index) => index + 1),
    );
    expect(handled.at(-1)).toContain('next:');
    expect(old.clientsCount).toBe(1);
    answer();
    expect(await within('the old call', slow)).toBe('old');
    await within('the stream', streamed);
    expect(items).toEqual([1, 2]);
    expect(await within('the drain', drained)).toEqual({ finished: 1, unfinished: 0 });
    expect(events).toEqual([]);
  });

  it('is cut at the timeout as without moving, and the client stays where it is', async () => {
    const { old, next, route, connect } = await startFleet();
    for (const server of [old, next]) server.handle('never', () => new Promise(() => {}));
    const { socket, events } = await connect();
    events.length = 0;
    const call = socket.invoke('never').catch((error: unknown) => error);
    await socket.invoke('never', undefined, { ackTimeout: 20 }).catch(() => {});
    route(next);
    expect(await within('the drain', old.drain({ spread: 0, timeout: 1_500 }))).toMatchObject({
      unfinished: 1,
    });
    expect(await within('the call', call)).toMatchObject({
      name: 'BadConnectionError',
      code: 1001,
    });
    expect(socket.state).toBe('open');
    expect(events).toEqual([]);
  });

  it('is the client itself where nobody else is found: it is closed as all are (P19.2, P19.3)', async () => {
    const { old, next, route, connect } = await startFleet();
    const { socket, events } = await connect();
    events.length = 0;
    const lost = socket.listener('disconnect').once();
    const reconnected = socket.listener('connect').once();
    // The balancer still sends everybody to the server that leaves.
    const drained = old.drain({ spread: 0, moveTimeout: 200, timeout: 5_000 });
    expect((await within('the close', lost)).code).toBe(1001);
    route(next);
    await within('the drain', drained);
    await within('the reconnect', reconnected);
    expect(next.clientsCount).toBe(1);
    expect(events).not.toContain('connectAbort');
  });

  it('finds a server that comes later', async () => {
    const { old, next, route, connect } = await startFleet();
    const { socket, events } = await connect();
    events.length = 0;
    const migrated = socket.listener('migrated').once();
    const drained = old.drain({ spread: 0, timeout: 10_000 });
    await within('a refusal', new Promise((resolve) => setTimeout(resolve, 150)));
    route(next);
    await within('the move', migrated);
    await within('the drain', drained);
    expect(events).toEqual([]);
  });
});
