import { create } from '@asyngular/client';
import { listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { collect } from '@asyngular/test-utils/collect';
import { until } from '@asyngular/test-utils/wait';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type ClientApi, contract } from '../src/index.js';

let checks = 0;
const feeds = contract({
  procedures: {
    ticks: {
      data: z.object({ symbol: z.string().toUpperCase() }),
      yields: z.number().transform((value) => {
        checks++;
        return `${value}`;
      }),
    },
    once: { result: z.string() },
  },
});

/** A server of feeds whose `ticks` are these, and a client of it. */
function start(ticks: (symbol: string) => Iterable<unknown>) {
  const server = listen(0, { contract: feeds, authKey: 'key', logger: false });
  const warnings = collect(server.listener('warning'), ({ warning }) => warning.message);
  const removeTicks = server.handle('ticks', async function* ({ symbol }) {
    for (const tick of ticks(symbol)) yield tick as number;
  });
  const socket = create<ClientApi<typeof feeds>>({
    hostname: '127.0.0.1',
    port: server.port!,
    logger: false,
  });
  onCleanup(async () => {
    socket.disconnect();
    await server.close();
    server.httpServer?.close();
  });
  return { server, socket, warnings, removeTicks };
}

/** The items of a stream up to its end, and the error that it ended with. */
async function read(stream: AsyncIterable<unknown>) {
  const items: unknown[] = [];
  try {
    for await (const item of stream) items.push(item);
  } catch (error) {
    return { items, error: error as Error };
  }
  return { items, error: undefined };
}

test('each item is what the schema makes of it, once', async () => {
  const symbols: string[] = [];
  const { socket } = start((symbol) => {
    symbols.push(symbol);
    return [1, 2, 3];
  });
  checks = 0;
  const stream = socket.stream('ticks', { symbol: 'a' });
  expect(await read(stream)).toEqual({ items: ['1', '2', '3'], error: undefined });
  expect({ symbols, checks }).toEqual({ symbols: ['A'], checks: 3 });
});

test('an item that does not fit ends the stream, and is never sent', async () => {
  const { socket, warnings } = start(() => [1, 'a secret', 3]);
  const { items, error } = await read(socket.stream('ticks', { symbol: 'a' }));
  expect(items).toEqual(['1']);
  expect(error?.name).toBe('InternalServerError');
  expect(error?.message).not.toContain('secret');
  expect(warnings).toEqual([
    expect.stringMatching(/^An item of ticks is not what the contract says: /),
  ]);
});

test('a source that waits for its next item is left at once, when the caller goes', async () => {
  const { socket, server, removeTicks } = start(() => []);
  let isWaiting = false;
  let leaves = 0;
  removeTicks();
  server.handle('ticks', () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => {
        isWaiting = true;
        return new Promise<IteratorResult<number>>(() => {});
      },
      return: async () => {
        leaves++;
        return { done: true, value: undefined };
      },
    }),
  }));
  const abort = new AbortController();
  const items = read(socket.stream('ticks', { symbol: 'a' }, { signal: abort.signal }));
  await until('the call of next()', () => isWaiting);
  abort.abort();
  await until('the call of return()', () => leaves === 1);
  expect((await items).error).toBeDefined();
});

test('a source whose item does not fit is left once', async () => {
  let leaves = 0;
  const { socket, server, removeTicks } = start(() => []);
  removeTicks();
  server.handle('ticks', () => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: 'no number' as unknown as number }),
      return: async () => {
        leaves++;
        throw new Error('which nobody waits for');
      },
    }),
  }));
  const { error } = await read(socket.stream('ticks', { symbol: 'a' }));
  expect(error?.name).toBe('InternalServerError');
  expect(leaves).toBe(1);
});

test('what a stream is called with is checked', async () => {
  const { socket, server } = start(() => [1]);
  const { error } = await read(socket.stream('ticks', { symbol: 5 } as never));
  expect(error?.name).toBe('ValidationError');
  expect(server.stats().invalidMessages).toBe(1);
});

test.each(['handler', 'loop'])(
  'items that no schema describes are never sent: %s',
  async (kind) => {
    const { socket, server, warnings } = start(() => []);
    async function* secrets(): AsyncGenerator<string> {
      yield 'a secret';
    }
    if (kind === 'handler') server.handle('once', secrets as never);
    else {
      void (async () => {
        for await (const { socket: client } of server.listener('connection')) {
          for await (const request of client.procedure('once')) request.end(secrets() as never);
        }
      })();
    }
    const { items, error } = await read(socket.stream('once' as never));
    expect(items).toEqual([]);
    expect(error?.name).toBe('InternalServerError');
    expect(warnings).toEqual([
      'The handler of once answers with a stream, and the contract has no yields for it',
    ]);
  },
);
