import { PublicError } from '@asyngular/protocol';
import { collectWarnings } from '@asyngular/test-utils/warnings';
import { describe, expect, it } from 'vitest';
import { startServer, startWithClient, until } from './support/server.js';

describe('server.handle', () => {
  it('answers with what the function returns or throws, for every socket', async () => {
    const { server, open } = await startServer();
    server.handle('double', async (n: number, { socket }) => ({ n: n * 2, id: socket.id }));
    server.handle('fail', () => {
      throw Object.assign(new PublicError('no'), { detail: 1 });
    });
    for (const client of [await open(), await open()]) {
      const { data } = await client.request('double', 4);
      expect(data).toEqual({ n: 8, id: client.received[0].data.id });
      expect((await client.request('fail')).error).toMatchObject({ message: 'no', detail: 1 });
    }
  });

  it('runs one call at a time per socket and name in serial mode', async () => {
    const { server, open } = await startServer();
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const handler = async (n: number) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(n);
      running--;
    };
    server.handle('p', handler, { concurrency: 'serial' });
    const client = await open();
    await Promise.all([0, 1, 2].map((n) => client.request('p', n)));
    expect({ most, order }).toEqual({ most: 1, order: [0, 1, 2] });
  });

  it('runs all calls at once in parallel mode, so that a late one may end first', async () => {
    const { server, open } = await startServer();
    const order: number[] = [];
    let release = () => {};
    const lastCall = new Promise<void>((resolve) => {
      release = resolve;
    });
    const handler = async (n: number) => {
      if (n < 2) await lastCall;
      order.push(n);
      release();
    };
    server.handle('p', handler, { concurrency: 'parallel' });
    const client = await open();
    await Promise.all([0, 1, 2].map((n) => client.request('p', n)));
    expect(order).toEqual([2, 0, 1]);
  });

  it('aborts the signal when the socket closes', async () => {
    const { server, open } = await startServer();
    let aborted = false;
    server.handle('wait', (_data, { signal }) => {
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          resolve(undefined);
        });
      });
    });
    const client = await open();
    client.send(client.call('wait'));
    await client.settled();
    client.terminate();
    await until('the abort', () => aborted);
  });

  it('handleTransmit receives messages; what it throws is the socket error', async () => {
    const { server, open, warnings } = await startServer();
    const got: unknown[] = [];
    server.handleTransmit('note', (data) => {
      got.push(data);
      if (data === 'bad') throw new Error('refused');
    });
    const client = await open();
    client.transmit('note', 'good');
    client.transmit('note', 'bad');
    await until('the warning', () => warnings.length === 1);
    expect(got).toEqual(['good', 'bad']);
    expect(warnings[0]?.message).toBe('refused');
  });

  it('refuses a second handler for a name, and can be removed', async () => {
    const { server, open } = await startServer();
    const remove = server.handle('p', () => 1);
    expect(() => server.handle('p', () => 2)).toThrow('The procedure p has a handler already');
    remove();
    server.handle('p', () => 3);
    expect((await (await open()).request('p')).data).toBe(3);
  });

  it('passes middleware first', async () => {
    const { server, open } = await startServer();
    server.handle('p', (data) => data);
    server.setMiddleware('inbound', async (stream) => {
      for await (const action of stream) action.allow({ data: 'changed' });
    });
    expect((await (await open()).request('p', 1)).data).toBe('changed');
  });
});

it('F21 server-signal-warning: many handlers that use the signal of one socket print no warning of a leak', async () => {
  const { server, client } = await startWithClient();
  const printed = collectWarnings();
  let waiting = 0;
  server.handle(
    'wait',
    (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
        waiting++;
      }),
    { concurrency: 'parallel' },
  );
  for (let number = 0; number < 20; number++) client.send(client.call('wait'));
  await until('all wait', () => waiting === 20);
  // Node prints them in the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  expect(printed).toEqual([]);
});
