import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { until } from './support/server.js';
import { endless } from './support/stream-client.js';
import { chunks, connect, readAll, startPair } from './support/stream-pair.js';

// Our client and our server: streams of the client, bodies, and plain calls that are withdrawn.

describe('the other direction', () => {
  it('the server reads what a loop of the client answers with', async () => {
    const { client, socket } = await startPair();
    const { state, generate } = endless();
    void (async () => {
      for await (const request of client.procedure('count')) request.end(chunks(request.data));
    })();
    void (async () => {
      for await (const request of client.procedure('endless')) request.end(generate());
    })();
    await until('the loops', () => client.getProcedureConsumerCount('endless') === 1);
    expect((await readAll(socket.stream('count', 500))).items).toHaveLength(500);
    for await (const item of socket.stream('endless')) if (item === 300) break;
    await until('the end of the generator', () => state.left === 1);
    const stream = socket.stream('endless', 0, { highWaterMark: 3 });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await socket.invoke('nobody').catch(() => {});
    client.disconnect();
    await expect(
      within(
        'the loss',
        (async () => {
          for (;;) await iterator.next();
        })(),
      ),
    ).rejects.toMatchObject({ name: 'BadConnectionError' });
    await until('the end of the second generator', () => state.left === 2);
  });

  it('withdrawn calls of the server abort the signal of the request', async () => {
    const { client, socket } = await startPair();
    let reason: any;
    void (async () => {
      for await (const request of client.procedure('wait')) {
        request.signal.addEventListener('abort', () => {
          reason = request.signal.reason;
        });
      }
    })();
    await until('the loop', () => client.getProcedureConsumerCount('wait') === 1);
    await expect(socket.invoke('wait', 1, { ackTimeout: 100 })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await until('the abort', () => reason !== undefined);
  });
});

describe('bodies', () => {
  it('go both ways, as far as they are read', async () => {
    const { server, client, socket } = await startPair();
    const sum = async (body: AsyncIterable<unknown>) => {
      let total = 0;
      for await (const item of body) total += item as number;
      return total;
    };
    server.handle('sum', (_data, { body }) => sum(body));
    void (async () => {
      for await (const request of client.procedure('sum')) request.end(await sum(request.body));
    })();
    expect(await client.invoke('sum', 0, { body: chunks(1_000) })).toBe(500_500);
    expect(await socket.invoke('sum', 0, { body: chunks(1_000) })).toBe(500_500);
  });

  it('can be answered by a stream', async () => {
    const { server, client } = await startPair();
    server.handle('double', async function* (_data, { body }) {
      for await (const n of body as AsyncIterable<number>) yield n * 2;
    });
    expect((await readAll(client.stream('double', 0, { body: chunks(300) }))).items.at(-1)).toBe(
      600,
    );
  });

  it.each(['client', 'server'])('that are not read stop their generator: %s', async (side) => {
    const { server, client, socket } = await startPair();
    const { state, generate } = endless();
    server.handle('ignore', () => 'answer');
    server.handle('wait', (_data, { signal }) => {
      return new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    void (async () => {
      for await (const request of client.procedure('ignore')) request.end('answer');
    })();
    const caller = side === 'client' ? client : socket;
    await until('the loop', () => client.getProcedureConsumerCount('ignore') === 1);
    expect(await caller.invoke('ignore', 0, { body: generate() })).toBe('answer');
    expect(state.advanced).toBe(0);
    if (side === 'server') return;
    const aborted = new AbortController();
    const call = client.invoke('wait', 0, { body: generate(), signal: aborted.signal });
    aborted.abort(new Error('stop'));
    await expect(call).rejects.toThrow('stop');
  });

  it('an error of the body rejects the call, and the handler hears of it', async () => {
    const { server, client } = await startPair();
    let failure: any;
    server.handle('upload', async (_data, { body }) => {
      try {
        for await (const _item of body) {
          // Until it fails.
        }
      } catch (error) {
        failure = error;
      }
    });
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('disk');
    }
    await expect(client.invoke('upload', 0, { body: broken() })).rejects.toThrow('disk');
    await until('the error', () => failure !== undefined);
    expect(failure).toMatchObject({ name: 'AbortError' });
  });
});

describe('plain calls', () => {
  it.each([
    ['abort', () => ({ signal: AbortSignal.timeout(80) })],
    ['timeout', () => ({ ackTimeout: 80 })],
  ])('P16.7 %s of invoke() aborts the handler', async (_name, optionsOf) => {
    const { server, client } = await startPair();
    let reason: any;
    let timeLeft = Number.NaN;
    server.handle('wait', async (_data, { signal, deadline }) => {
      timeLeft = (deadline ?? 0) - Date.now();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reason = signal.reason;
    });
    await expect(client.invoke('wait', 1, optionsOf())).rejects.toThrow();
    await until('the abort', () => reason !== undefined);
    expect(timeLeft).toBeLessThanOrEqual(10_000);
    expect(timeLeft).toBeGreaterThan(0);
  });

  it('a call made with the signal of a handler has its deadline, on any socket', async () => {
    const { server, port, client } = await startPair();
    const back = connect(port);
    let timeLeft = Number.NaN;
    server.handle('front', (_data, { signal }) => back.invoke('back', 1, { signal }), {
      concurrency: 'parallel',
    });
    server.handle('back', (_data, { deadline }) => {
      timeLeft = deadline! - Date.now();
    });
    await client.invoke('front', 1, { ackTimeout: 2_000 });
    expect(timeLeft).toBeLessThanOrEqual(2_000);
  });
});
