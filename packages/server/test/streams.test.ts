import { describe, expect, it } from 'vitest';
import { until } from './support/server.js';
import { endless, itemsOf, partsOf, startStreaming, untilItems } from './support/stream-client.js';

const CID = 100;

describe('a handler that yields', () => {
  it('P16.3 P16.4 answers with open, numbered items and an end that has the next number', async () => {
    const { server, client } = await startStreaming();
    server.handle('count', async function* (to: number) {
      for (let n = 1; n <= to; n++) yield { n };
      return 'done';
    });
    const end = client.next('the end', (packet) => packet?.end !== undefined);
    client.send({ event: 'count', data: 3, cid: CID, credit: 10 });
    await end;
    expect(partsOf(client, CID)).toEqual([
      { rid: CID, open: true },
      { rid: CID, more: 1, data: { n: 1 } },
      { rid: CID, more: 2, data: { n: 2 } },
      { rid: CID, more: 3, data: { n: 3 } },
      { rid: CID, end: 4, data: 'done' },
    ]);
  });

  it('P16.5 advances with credit only, and with totals that may come twice', async () => {
    const { server, client } = await startStreaming();
    const { state, generate } = endless();
    server.handle('endless', generate);
    client.send({ event: 'endless', cid: CID, credit: 2 });
    await untilItems(client, CID, 2);
    for (const upTo of [3, 3, 2]) client.send({ event: '#credit', data: { cid: CID, upTo } });
    await client.settled();
    await untilItems(client, CID, 3);
    await client.settled();
    expect(itemsOf(client, CID)).toEqual([1, 2, 3]);
    expect(state.advanced).toBe(3);
  });

  it('P16.7 ends once, and is not answered, when the client withdraws the call', async () => {
    const { server, client, warnings } = await startStreaming();
    const { state, generate } = endless();
    server.handle('endless', generate);
    client.send({ event: 'endless', cid: CID, credit: 1 });
    await untilItems(client, CID, 1);
    client.send({ event: '#cancel', data: { cid: CID } });
    client.send({ event: '#cancel', data: { cid: CID } });
    await client.settled();
    await until('the end of the generator', () => state.left === 1);
    client.send({ event: '#credit', data: { cid: CID, upTo: 9 } });
    await client.settled();
    expect(partsOf(client, CID)).toHaveLength(2);
    expect({ state, warnings }).toEqual({ state: { advanced: 1, left: 1 }, warnings: [] });
  });

  it('ends when the socket closes, whatever it awaits', async () => {
    const { server, client } = await startStreaming();
    const { state, generate } = endless();
    let reason: unknown;
    server.handle('endless', generate);
    server.handle('waiting', async function* (_data, { signal }) {
      try {
        yield 1;
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      } catch (error) {
        reason = error;
        throw error;
      }
    });
    client.send({ event: 'endless', cid: CID, credit: 1 });
    client.send({ event: 'waiting', cid: CID + 1, credit: 5 });
    await untilItems(client, CID, 1);
    await untilItems(client, CID + 1, 1);
    client.terminate();
    await until('the end of both', () => state.left === 1 && reason !== undefined);
    expect(reason).toMatchObject({ name: 'AbortError' });
  });

  it('fails the stream with what it throws, masked like the error of any handler', async () => {
    const { server, client, warnings } = await startStreaming();
    server.handle('fail', async function* () {
      yield 1;
      throw new Error('secret');
    });
    const end = client.next('the error', (packet) => packet?.error !== undefined);
    client.send({ event: 'fail', cid: CID, credit: 10 });
    expect((await end).error.name).toBe('InternalServerError');
    expect(itemsOf(client, CID)).toEqual([1]);
    expect(warnings.map(({ message }) => message)).toEqual(['secret']);
  });

  it('fails the stream of an iterator that answers with nothing', async () => {
    const { server, client, warnings } = await startStreaming();
    const items = [1, 2];
    const next = async () => (items.length > 0 ? { done: false, value: items.shift() } : undefined);
    server.handle('forgetful', () => ({ [Symbol.asyncIterator]: () => ({ next }) }));
    const end = client.next('the error', (packet) => packet?.error !== undefined);
    client.send({ event: 'forgetful', cid: CID, credit: 10 });
    expect((await end).error.name).toBe('InternalServerError');
    expect(itemsOf(client, CID)).toEqual([1, 2]);
    expect(warnings).toMatchObject([{ name: 'TypeError' }]);
  });

  it.each([
    ['an error', new Error('no form')],
    ['nothing', null],
  ])(
    'P3.4 fails the stream for an item whose encoding throws %s, and stops',
    async (_what, thrown) => {
      const { server, client } = await startStreaming();
      let left = 0;
      server.handle('bad', async function* () {
        try {
          yield 1;
          yield {
            toJSON: () => {
              throw thrown;
            },
          };
          yield 2;
        } finally {
          left++;
        }
      });
      const end = client.next('the error', (packet) => packet?.error !== undefined);
      client.send({ event: 'bad', cid: CID, credit: 10 });
      expect((await end).error).toMatchObject({ name: expect.any(String) });
      await until('the end of the generator', () => left === 1);
      expect(itemsOf(client, CID)).toEqual([1]);
    },
  );

  it('never blocks the next call of its name, and counts as no backlog', async () => {
    const { server, client, socket } = await startStreaming();
    server.handle('endless', endless().generate, { concurrency: 'serial' });
    for (let cid = CID; cid < CID + 5; cid++) client.send({ event: 'endless', cid, credit: 1 });
    for (let cid = CID; cid < CID + 5; cid++) await untilItems(client, cid, 1);
    expect(socket.getInboundBackpressure()).toBe(0);
  });

  it('P16.11 is refused as a plain call, and nothing of it runs', async () => {
    const { server, client } = await startStreaming();
    const { state, generate } = endless();
    server.handle('endless', generate);
    server.handle('once', () => 1);
    const { error } = await client.request('endless');
    expect(error).toMatchObject({ name: 'InvalidActionError', message: /stream\(\)/ });
    const refusal = client.next('the refusal', (packet) => packet?.rid === CID);
    client.send({ event: 'once', cid: CID, credit: 1 });
    expect((await refusal).error).toMatchObject({
      name: 'InvalidActionError',
      message: /invoke\(\)/,
    });
    expect(state).toEqual({ advanced: 0, left: 0 });
  });

  it.each(['handler', 'loop'])('fails the stream that cannot be opened: %s', async (kind) => {
    const { server, client, socket } = await startStreaming({ maxStreams: 1 });
    const locked = new ReadableStream();
    locked.getReader();
    if (kind === 'handler') server.handle('locked', () => locked);
    else {
      void (async () => {
        for await (const request of socket.procedure('locked')) request.end(locked);
      })();
    }
    for (const cid of [CID, CID + 1]) {
      const end = client.next('the error', (packet) => packet?.error !== undefined);
      client.send({ event: 'locked', cid, credit: 1 });
      expect((await end).error.name).toBe('InternalServerError');
    }
  });

  it.each(['a plain call', 'a withdrawn call'])(
    'reports what cleaning it up throws: %s',
    async (kind) => {
      const { server, client, warnings } = await startStreaming();
      let answer = (_stream: AsyncIterable<number>) => {};
      server.handle(
        'cursor',
        () =>
          new Promise<AsyncIterable<number>>((resolve) => {
            answer = resolve;
          }),
      );
      const isPlain = kind === 'a plain call';
      const refusal = client.next('the refusal', (packet) => packet?.error !== undefined);
      client.send({ event: 'cursor', cid: CID, ...(!isPlain && { credit: 1 }) });
      await client.settled();
      if (!isPlain) client.send({ event: '#cancel', data: { cid: CID } });
      await client.settled();
      const iterator = {
        next: () => Promise.resolve({ done: true as const, value: undefined }),
        return: () => Promise.reject(new Error('cursor is stuck')),
      };
      answer({ [Symbol.asyncIterator]: () => iterator });
      await until('the warning', () => warnings.length > 0);
      expect(warnings.map(({ message }) => message)).toEqual(['cursor is stuck']);
      if (isPlain) expect((await refusal).error).toMatchObject({ message: /stream\(\)/ });
      else refusal.catch(() => {});
    },
  );

  it('a loop over calls answers with a stream, too', async () => {
    const { client, socket } = await startStreaming();
    const { state, generate } = endless();
    void (async () => {
      for await (const request of socket.procedure('endless')) request.end(generate());
    })();
    client.send({ event: 'endless', cid: CID, credit: 2 });
    await untilItems(client, CID, 2);
    client.send({ event: '#cancel', data: { cid: CID } });
    await until('the end of the generator', () => state.left === 1);
  });
});

describe('middleware and draining', () => {
  it('an action says that the call reads a stream, and can block it', async () => {
    const { server, client } = await startStreaming();
    server.handle('endless', endless().generate);
    server.handle('once', () => 1);
    const seen: unknown[] = [];
    server.use('inbound', (action) => {
      if (action.type === 'invoke') seen.push([action.procedure, action.isStream]);
      return !(action.type === 'invoke' && action.isStream);
    });
    await client.request('once');
    client.send({ event: 'endless', cid: CID, credit: 1 });
    await until('the refusal', () => partsOf(client, CID).length === 1);
    expect(partsOf(client, CID)[0].error).toBeDefined();
    expect(seen).toEqual([
      ['once', undefined],
      ['endless', true],
    ]);
  });

  it('P16.14 drain() ends streams in both directions with an error that says retry', async () => {
    const { server, client, socket } = await startStreaming();
    const { state, generate } = endless();
    server.handle('endless', generate);
    client.send({ event: 'endless', cid: CID, credit: 1 });
    await untilItems(client, CID, 1);
    const loop = (async () => {
      for await (const _item of socket.stream('lines')) {
      }
    })();
    await client.nextEvent('lines');
    const drained = server.drain({ spread: 0 });
    await expect(loop).rejects.toMatchObject({ name: 'BadConnectionError', code: 1001 });
    expect(await client.whenClosed()).toMatchObject({ code: 1001 });
    expect(partsOf(client, CID).at(-1).error).toMatchObject({
      name: 'BadConnectionError',
      message: /retry/,
    });
    expect(await drained).toEqual({ finished: 1, unfinished: 0 });
    expect(state.left).toBe(1);
  });
});

describe('bodies', () => {
  it('P16.10 are asked for when they are read, and end with their end', async () => {
    const { server, client } = await startStreaming({ streamHighWaterMark: 2 });
    server.handle('upload', async (name: string, { body }) => {
      let text = name;
      for await (const chunk of body) text += chunk;
      return text;
    });
    const credit = client.nextEvent('#credit');
    const answer = client.response(CID);
    client.send({ event: 'upload', data: 'a', cid: CID, body: true });
    expect((await credit).data).toEqual({ rid: CID, upTo: 2 });
    for (const n of [1, 2]) client.send({ event: '#body', data: { cid: CID, n, data: `${n}` } });
    client.send({ event: '#body', data: { cid: CID, n: 3, end: true } });
    expect((await answer).data).toBe('a12');
  });

  it('P16.4 fail when an item comes that was not asked for', async () => {
    const { server, client } = await startStreaming({ streamHighWaterMark: 2 });
    let failure: any;
    server.handle('upload', async (_data, { body }) => {
      try {
        for await (const _item of body) await new Promise((resolve) => setTimeout(resolve, 5));
      } catch (error) {
        failure = error;
      }
    });
    const credit = client.nextEvent('#credit');
    client.send({ event: 'upload', cid: CID, body: true });
    await credit;
    client.send({ event: '#body', data: { cid: CID, n: 2 } });
    await until('the error', () => failure !== undefined);
    expect(failure).toMatchObject({ name: 'InvalidMessageError' });
  });

  it('P16.7 are stopped when the loop over them is left, and the call goes on', async () => {
    const { server, client } = await startStreaming();
    server.handle('head', async (_data, { body }) => {
      for await (const item of body) return item;
    });
    const credit = client.nextEvent('#credit');
    client.send({ event: 'head', cid: CID, body: true });
    await credit;
    const stop = client.nextEvent('#cancel');
    const answer = client.response(CID);
    client.send({ event: '#body', data: { cid: CID, n: 1, data: 'first' } });
    expect((await stop).data).toEqual({ rid: CID });
    expect((await answer).data).toBe('first');
  });
});

describe('a client without the extensions', () => {
  it('P16.1 has its members read as ever, and is sent nothing new', async () => {
    const { server, client, socket } = await startStreaming({}, {});
    server.handle('once', (_data, { deadline }) => ({ deadline }));
    const answer = client.response(CID);
    client.send({ event: 'once', cid: CID, credit: 1, timeout: 5, body: true });
    expect(await answer).toEqual({ rid: CID, data: {} });
    const names: string[] = [];
    void (async () => {
      for await (const _data of socket.receiver('#credit')) names.push('#credit');
    })();
    client.send({ event: '#credit', data: { cid: 1, upTo: 5 } });
    await client.settled();
    expect(names).toEqual(['#credit']);
    const before = client.received.length;
    const loop = socket.stream('lines')[Symbol.asyncIterator]();
    await expect(loop.next()).rejects.toMatchObject({ name: 'NotSupportedError' });
    async function* chunks(): AsyncGenerator<string> {}
    await expect(socket.invoke('upload', 1, { body: chunks() })).rejects.toMatchObject({
      name: 'NotSupportedError',
    });
    await client.settled();
    expect(client.received.length).toBe(before + 1);
  });
});
