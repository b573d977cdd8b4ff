import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { startServer, until } from './support/server.js';
import {
  endless,
  openStreaming,
  partsOf,
  startStreaming,
  untilItems,
} from './support/stream-client.js';

const CID = 100;

describe('limits', () => {
  it('P16.8 refuses one stream too many, and takes the next when one has ended', async () => {
    const { server, client } = await startStreaming({ maxStreams: 2 });
    server.handle('endless', endless().generate);
    for (const cid of [1, 2, 3].map((n) => CID + n))
      client.send({ event: 'endless', cid, credit: 1 });
    await client.settled();
    expect(partsOf(client, CID + 3)[0].error).toMatchObject({ name: 'InvalidActionError' });
    expect(server.stats().limits.maxStreams).toBe(1);
    client.send({ event: '#cancel', data: { cid: CID + 1 } });
    client.send({ event: 'endless', cid: CID + 4, credit: 1 });
    await untilItems(client, CID + 4, 1);
  });

  it('P16.6 sends maxStreamCredit items ahead, whatever the credit, and asks in time', async () => {
    const { server, client } = await startStreaming({ maxStreamCredit: 10 });
    const { state, generate } = endless();
    server.handle('endless', generate);
    client.send({ event: 'endless', cid: CID, credit: 5_000 });
    await untilItems(client, CID, 10);
    await client.settled();
    expect(state.advanced).toBe(10);
    const asking = partsOf(client, CID)
      .filter(({ ask }) => ask)
      .map(({ more }) => more);
    expect(asking).toEqual([5, 10]);
    client.send({ event: '#credit', data: { cid: CID, upTo: 5_005 } });
    await untilItems(client, CID, 15);
  });

  it('P16.6 sends streamHighWaterMarkBytes ahead, and one item however large it is', async () => {
    const { server, client } = await startStreaming({ streamHighWaterMarkBytes: 1_000 });
    let advanced = 0;
    server.handle('large', async function* () {
      for (;;) {
        advanced++;
        yield 'x'.repeat(advanced === 1 ? 5_000 : 400);
      }
    });
    client.send({ event: 'large', cid: CID, credit: 100 });
    await untilItems(client, CID, 1);
    await client.settled();
    expect(advanced).toBe(1);
    client.send({ event: '#credit', data: { cid: CID, upTo: 101 } });
    await untilItems(client, CID, 4);
    await client.settled();
    expect(advanced).toBe(4);
  });

  it('streams that never wait leave the event loop to others in between', async () => {
    const { server, client } = await startStreaming({ maxStreamCredit: 1_000 });
    let inTurn = 0;
    let most = 0;
    server.handle('busy', async function* () {
      for (let item = 0; item < 500; item++) {
        if (inTurn++ === 0) setImmediate(() => (inTurn = 0));
        most = Math.max(most, inTurn);
        yield item;
      }
    });
    const cids = Array.from({ length: 10 }, (_, n) => CID + n);
    const ends = cids.map((cid) =>
      client.next(`the end of ${cid}`, (packet) => packet?.rid === cid && packet.end === 501),
    );
    for (const cid of cids) client.send({ event: 'busy', cid, credit: 1_000 });
    await Promise.all(ends);
    // The turn that is counted here may be half of one turn of the server, and half of the next.
    expect(most).toBeLessThanOrEqual(2_048);
  });

  it('P16.9 ends a stream whose reader asks for nothing', async () => {
    const { server, client } = await startStreaming({ streamIdleTimeout: 30 });
    const { state, generate } = endless();
    server.handle('endless', generate);
    const end = client.next('the error', (packet) => packet?.error !== undefined);
    client.send({ event: 'endless', cid: CID, credit: 1 });
    expect((await end).error).toMatchObject({ name: 'TimeoutError' });
    await until('the end of the generator', () => state.left === 1);
  });

  it('P16.8 a stream that the client ends with an error under a part takes no place any more', async () => {
    const { client, socket } = await startStreaming({ maxStreams: 1 });
    for (const answer of [{ more: 1, error: { message: 'no' } }, { end: 1 }]) {
      const call = client.nextEvent('lines');
      const step = socket.stream('lines')[Symbol.asyncIterator]().next();
      step.catch(() => {});
      client.send({ rid: (await call).cid, ...answer });
      if (answer.error) await expect(step).rejects.toThrow('no');
      else expect((await step).done).toBe(true);
    }
  });

  it('a plain call that is answered with a part of a stream watches its signal no longer', async () => {
    const { client, socket } = await startStreaming();
    const { signal } = new AbortController();
    const call = client.nextEvent('once');
    const answer = socket.invoke('once', 0, { signal });
    client.send({ rid: (await call).cid, more: 1, data: 'answer' });
    expect(await answer).toBe('answer');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    'maxStreams',
    'maxStreamCredit',
    'streamHighWaterMark',
    'streamHighWaterMarkBytes',
    'streamIdleTimeout',
  ])('checks the option %s, and knows it by a wrong name', async (name) => {
    await expect(startServer({ [name]: -1 })).rejects.toThrow(name);
    await expect(startServer({ [`${name}x`]: 1 })).rejects.toThrow(`did you mean ${name}?`);
  });

  it('P16.12 credit counts in no rate limit, unless it tells nothing new', async () => {
    const { server, client } = await startStreaming({
      rateLimits: { messages: { perSecond: 0.001, burst: 6 } },
    });
    server.handle('endless', endless().generate);
    client.send({ event: 'endless', cid: CID, credit: 1 });
    for (let upTo = 2; upTo < 40; upTo++) {
      await untilItems(client, CID, upTo - 1);
      client.send({ event: '#credit', data: { cid: CID, upTo } });
    }
    await untilItems(client, CID, 39);
    for (let n = 0; n < 6; n++) client.send({ event: '#credit', data: { cid: CID, upTo: 2 } });
    expect((await client.whenClosed()).code).toBe(1008);
  });

  it('P16.12 a credit of nothing tells nothing new', async () => {
    const { server, client } = await startStreaming({
      rateLimits: { messages: { perSecond: 0.001, burst: 6 } },
    });
    server.handle('endless', endless().generate);
    client.send({ event: 'endless', cid: CID, credit: 0 });
    for (let n = 0; n < 6; n++) client.send({ event: '#credit', data: { cid: CID, upTo: 0 } });
    expect((await client.whenClosed()).code).toBe(1008);
  });
});

describe('what holds messages up', () => {
  it('P16.12 does not hold up credit, withdrawals and bodies of calls under way', async () => {
    const { server, client } = await startStreaming({ inboundHighWaterMark: 2 });
    const { state, generate } = endless();
    const bodies: unknown[] = [];
    server.handle('endless', generate);
    server.handle('upload', async (_data, { body }) => {
      for await (const item of body) bodies.push(item);
    });
    let release = () => {};
    server.handle(
      'slow',
      () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    );
    const credit = client.nextEvent('#credit');
    client.send({ event: 'endless', cid: CID, credit: 3 });
    client.send({ event: 'upload', cid: CID + 1, body: true });
    await credit;
    for (let n = 2; n < 9; n++) client.send({ event: 'slow', cid: CID + n });
    await until('a pause', () => server.stats().limits.inboundHighWaterMark > 0);
    client.send({ event: '#credit', data: { cid: CID, upTo: 5 } });
    client.send({ event: '#body', data: { cid: CID + 1, n: 1, data: 'a' } });
    client.send({ event: '#body', data: { cid: CID + 1, n: 2, data: 'b' } });
    await untilItems(client, CID, 5);
    client.send({ event: '#cancel', data: { cid: CID } });
    await until('the end of the generator', () => state.left === 1);
    expect(bodies).toEqual(['a', 'b']);
    for (let n = 2; n < 9; n++) {
      release();
      await until('its answer', () => partsOf(client, CID + n).length === 1);
    }
  });

  it('a client that does not read stops the generator, and nobody else', async () => {
    const { server, client, connect } = await startStreaming({ outboundHighWaterMark: 65_536 });
    const chunk = 'x'.repeat(16_384);
    let advanced = 0;
    server.handle('large', async function* () {
      for (;;) {
        advanced++;
        yield chunk;
      }
    });
    server.handle('echo', (data) => data);
    client.ws.pause();
    client.send({ event: 'large', cid: CID, credit: 1_000 });
    let before = -1;
    await until('a standstill', async () => {
      const isStill = advanced > 0 && advanced === before;
      before = advanced;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return isStill;
    });
    expect(advanced).toBeLessThan(1_000);
    const other = await openStreaming(connect());
    expect((await other.request('echo', 1)).data).toBe(1);
    client.ws.resume();
  });
});
