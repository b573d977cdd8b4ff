import { describe, expect, it } from 'vitest';
import { until } from './support/server.js';
import { partsOf, startStreaming } from './support/stream-client.js';

const CID = 100;

describe('plain calls', () => {
  it('P16.7 a withdrawn call aborts its own signal only, and is not answered', async () => {
    const { server, client } = await startStreaming();
    const signals: AbortSignal[] = [];
    server.handle(
      'wait',
      (_data, { signal }) => {
        signals.push(signal);
        return new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      { concurrency: 'parallel' },
    );
    client.send({ event: 'wait', cid: CID });
    client.send({ event: 'wait', cid: CID + 1 });
    await client.settled();
    client.send({ event: '#cancel', data: { cid: CID } });
    await client.settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(signals[0]!.reason).toMatchObject({ name: 'AbortError' });
    expect(partsOf(client, CID)).toEqual([]);
  });

  it('a call that waits behind others is not run when it was withdrawn', async () => {
    const { server, client } = await startStreaming();
    const ran: unknown[] = [];
    let release = () => {};
    server.handle('one', async (data) => {
      ran.push(data);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    for (const n of [1, 2, 3]) client.send({ event: 'one', data: n, cid: CID + n });
    client.send({ event: '#cancel', data: { cid: CID + 2 } });
    await client.settled();
    for (const count of [1, 2]) {
      release();
      await until('the next run', () => ran.length === Math.min(count + 1, 2));
    }
    expect(ran).toEqual([1, 3]);
  });

  it('P16.13 has the deadline that the caller gave, and its signal aborts there', async () => {
    const { server, client } = await startStreaming();
    const seen: { leftMs: number; reason?: unknown }[] = [];
    server.handle('wait', async (_data, { signal, deadline }) => {
      const call: (typeof seen)[number] = { leftMs: deadline! - Date.now() };
      seen.push(call);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      call.reason = signal.reason;
    });
    client.send({ event: 'wait', cid: CID, timeout: 50 });
    await until('the deadline', () => seen[0]?.reason !== undefined);
    expect(seen[0]!.leftMs).toBeGreaterThan(0);
    expect(seen[0]!.leftMs).toBeLessThanOrEqual(50);
    expect(seen[0]!.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('calls made with the signal have the rest of the deadline, and are withdrawn with it', async () => {
    const { server, client } = await startStreaming();
    server.handle('ask', (_data, { socket, signal }) => socket.invoke('confirm', 1, { signal }));
    const call = client.nextEvent('confirm');
    client.send({ event: 'ask', cid: CID, timeout: 5_000 });
    const { timeout, cid } = await call;
    expect(timeout).toBeLessThanOrEqual(5_000);
    expect(timeout).toBeGreaterThan(3_000);
    const withdrawal = client.nextEvent('#cancel');
    client.send({ event: '#cancel', data: { cid: CID } });
    expect((await withdrawal).data).toEqual({ cid });
  });

  it('runs as many at a time as concurrency says', async () => {
    const { server, client } = await startStreaming();
    let running = 0;
    let most = 0;
    let release = () => {};
    const threeRun = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.handle(
      'work',
      async () => {
        most = Math.max(most, ++running);
        if (running === 3) release();
        await threeRun;
        await new Promise((resolve) => setImmediate(resolve));
        running--;
      },
      { concurrency: 3 },
    );
    await Promise.all(Array.from({ length: 10 }, () => client.request('work')));
    expect(most).toBe(3);
    expect(() => server.handle('none', () => 1, { concurrency: 0 })).toThrow('concurrency');
  });
});
