import { pause } from '@asyngular/test-utils/wait';
import { expect } from 'vitest';
import { duty } from '../support/duty.js';

const isBatch = (message: unknown) => /^\[/.test(String(message));

/** Fewer batches than the 30 packets, none empty, and nothing but heartbeats beside them. */
function expectBatches(messages: unknown[]): void {
  const batched = messages.filter(isBatch);
  expect(batched.length).toBeGreaterThan(0);
  expect(batched.length).toBeLessThan(30);
  expect(batched.every((text) => JSON.parse(String(text)).length > 0)).toBe(true);
  const others = messages.filter((message) => !isBatch(message)).map(String);
  expect(others.filter((text) => !['', '#1', '#2'].includes(text))).toEqual([]);
}

/** P7, P8: several packets in one message, and what JSON cannot carry. */
export const batches = [
  duty('P7.1', 'a batch of the client', async (stage) => {
    const { client, server } = await stage.connected();
    client.subscribeInOneMessage(['a', 'b', 'c']);
    for (const channel of ['a', 'b', 'c']) await client.subscribed(channel);
    expect(server.of('subscription').map(({ channel }) => channel)).toEqual(['a', 'b', 'c']);
    const batch = server.sockets[0]!.messages.filter(isBatch);
    expect(batch).toHaveLength(1);
    expect(JSON.parse(String(batch[0]))).toHaveLength(3);
  }),

  duty('P7.1', 'a batch of the server', async (stage) => {
    const { client, socket } = await stage.connected();
    const seen: unknown[] = [];
    client.receiver('step', (data) => seen.push(data));
    client.procedure('double', (data) => data * 2);
    socket.startBatch();
    for (const step of [1, 2, 3]) socket.transmit('step', step);
    const answer = socket.invoke('double', 4);
    await pause(5);
    socket.flushBatch();
    expect(await stage.settled('the answer', answer)).toBe(8);
    await stage.until('all steps', () => seen.length === 3);
    expect(seen).toEqual([1, 2, 3]);
    const batch = client.messages.filter(isBatch);
    expect(batch).toHaveLength(1);
    expect(JSON.parse(String(batch[0]))).toHaveLength(4);
  }),

  duty('P7.2 P7.3 P7.4', 'continuous batching of the client', async (stage) => {
    const seen: unknown[] = [];
    const { client, server } = await stage.connected({
      server: { pingInterval: 15, ...stage.speaking(stage.pair.client.version) },
      client: { batchInterval: 25 },
      prepare: (it) => it.receiver('step', (data) => seen.push(data)),
    });
    const earlier = server.sockets[0]!.messages.length;
    client.startBatching();
    for (let step = 0; step < 30; step += 1) {
      client.transmit('step', step);
      await pause(4);
    }
    client.stopBatching();
    await stage.until('all steps', () => seen.length === 30);
    expect(seen).toEqual([...Array(30).keys()]);
    expectBatches(server.sockets[0]!.messages.slice(earlier));
  }),

  duty('P7.2 P7.3 P7.4', 'continuous batching of the server', async (stage) => {
    const { client, socket } = await stage.connected({
      server: { batchInterval: 25, pingInterval: 15, ...stage.speaking(stage.pair.client.version) },
    });
    const seen: unknown[] = [];
    client.receiver('step', (data) => seen.push(data));
    const earlier = client.messages.length;
    socket.startBatching();
    for (let step = 0; step < 30; step += 1) {
      socket.transmit('step', step);
      await pause(4);
    }
    socket.stopBatching();
    await stage.until('all steps', () => seen.length === 30);
    expect(seen).toEqual([...Array(30).keys()]);
    expectBatches(client.messages.slice(earlier));
  }),

  duty('P8.3 P8.5 P17.1', 'binary data becomes placeholders, both ways', async (stage) => {
    const bytes = Buffer.from([1, 2, 253]);
    const placeholder = { base64: true, data: bytes.toString('base64') };
    const sent = () => ({
      buffer: Buffer.from(bytes),
      list: [Uint8Array.from(bytes).buffer],
      shaped: { type: 'Buffer', data: [...bytes] },
    });
    const received = stage.hasTypes
      ? { ...sent(), buffer: Uint8Array.from(bytes) }
      : { buffer: placeholder, list: [placeholder], shaped: placeholder };
    let onServer: unknown;
    const { client, socket } = await stage.connected({
      prepare: (it) =>
        it.procedure('bytes', (data) => {
          onServer = data;
          return sent();
        }),
    });
    expect(await client.invoke('bytes', sent())).toEqual(received);
    expect(onServer).toEqual(received);
    client.procedure('bytes', (data) => data);
    expect(await socket.invoke('bytes', sent())).toEqual(received);
  }),

  duty('P8.3 P17.1', 'typed arrays of the client become placeholders', async (stage) => {
    const { client } = await stage.connected({ prepare: (it) => it.procedure('echo', (it) => it) });
    const placeholder = { base64: true, data: 'AQL9' };
    const view = Uint8Array.from([9, 1, 2, 253]).subarray(1);
    const expected = stage.hasTypes ? Uint8Array.from(view) : placeholder;
    expect(await client.invoke('echo', [view])).toEqual([expected]);
  }),

  duty('P8.3 P17.1', 'typed arrays of the server become placeholders', async (stage) => {
    const { client, socket } = await stage.connected();
    client.procedure('echo', (data) => data);
    const placeholder = { base64: true, data: 'AQL9' };
    const view = Uint8Array.from([9, 1, 2, 253]).subarray(1);
    const expected = stage.hasTypes ? Uint8Array.from(view) : placeholder;
    expect(await socket.invoke('echo', [view])).toEqual([expected]);
  }),

  duty('P17.1', 'dates, maps and odd numbers arrive as they always did', async (stage) => {
    const sent = {
      at: new Date(0),
      map: new Map([['a', 1]]),
      odd: [Number.NaN, undefined],
      tag: ['$date', 0],
    };
    const plain = { at: '1970-01-01T00:00:00.000Z', map: {}, odd: [null, null], tag: ['$date', 0] };
    const received = stage.hasTypes ? sent : plain;
    const onServer: unknown[] = [];
    const { client, server, socket } = await stage.connected({
      prepare: (it) =>
        it.procedure('echo', (data) => {
          onServer.push(data);
          return sent;
        }),
    });
    expect(await client.invoke('echo', sent)).toEqual(received);
    expect(onServer).toEqual([received]);
    client.procedure('echo', (data) => data);
    expect(await socket.invoke('echo', sent)).toEqual(received);
    const seen: unknown[] = [];
    client.subscribe('news');
    client.watch('news', (it) => seen.push(it));
    await client.subscribed('news');
    await server.native.exchange.invokePublish('news', sent);
    await stage.until('the publication', () => seen.length === 1);
    expect(seen).toEqual([received]);
  }),

  duty('P10.3', 'a message beyond maxPayload is closed with 1009', async (stage) => {
    const { client } = await stage.connected({ server: { maxPayload: 1_000 } });
    // Past the client, because one that knows the limit sends nothing beyond it (P12.8).
    client.webSocket.send('x'.repeat(2_000));
    expect(await client.event('disconnect')).toMatchObject({ code: 1009 });
  }),
  duty('P7.5', 'a batch of the server loses only what cannot be encoded', async (stage) => {
    const { client, socket } = await stage.connected();
    const seen: unknown[] = [];
    client.receiver('step', (data) => seen.push(data));
    socket.startBatch();
    const circle: unknown[] = [];
    circle.push(circle);
    for (const step of [1, circle, 3]) socket.transmit('step', step);
    await pause(5);
    socket.flushBatch();
    await stage.until('the others', () => seen.length === 2);
    expect(seen).toEqual([1, 3]);
  }),
];
