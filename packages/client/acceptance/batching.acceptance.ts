import { expect } from 'vitest';
import { collect } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer, type TestServer } from './support/test-server.js';
import { rejection, soon } from './support/within.js';

/** Sizes of the arrays the server got after the handshake. */
async function batches(server: TestServer): Promise<any[][]> {
  return (await server.packets()).filter((packet) => Array.isArray(packet));
}

row('batching', 'startBatch() collects, flushBatch() sends one array', async () => {
  const server = await startServer();
  const client = await server.open();
  client.startBatch();
  expect(client.isBufferingBatch).toBe(true);
  client.transmit('note', 1);
  const answer = client.invoke('echo', 2);
  client.transmit('note', 3);
  client.flushBatch();
  expect(client.isBufferingBatch).toBe(false);
  expect(await soon('the answer', answer)).toBe(2);
  await server.seen({ type: 'receive' }, 2);
  const [batch, ...more] = await batches(server);
  expect(batch?.map((packet) => packet.data)).toEqual([1, 2, 3]);
  expect(more).toEqual([]);
  client.transmit('note', 4);
  await server.seen({ type: 'receive', data: 4 });
  expect(await batches(server)).toHaveLength(1);
});

row('batching', 'flushBatch() of nothing sends nothing', async () => {
  const server = await startServer();
  const client = await server.open();
  client.startBatch();
  client.flushBatch();
  await settle(client);
  expect(await batches(server)).toEqual([]);
});

row('batching', 'cancelBatch() discards; discarded calls reject', async () => {
  const server = await startServer();
  const client = await server.open();
  client.startBatch();
  client.transmit('note', 1);
  const call = client.invoke('echo', 2);
  client.cancelBatch();
  expect(await rejection('the call', call)).toBeInstanceOf(Error);
  client.transmit('note', 3);
  await server.seen({ type: 'receive', data: 3 });
  expect(await server.find({ type: 'receive', data: 1 })).toEqual([]);
});

row(
  'batching',
  'startBatching() sends an array per batchInterval, stopBatching() the rest',
  async () => {
    const server = await startServer();
    const client = await server.open({ batchInterval: 20 });
    client.startBatching();
    expect(client.isBatching).toBe(true);
    client.transmit('note', 1);
    client.transmit('note', 2);
    await server.seen({ type: 'receive', data: 2 });
    client.transmit('note', 3);
    client.transmit('note', 4);
    client.stopBatching();
    expect(client.isBatching).toBe(false);
    client.transmit('note', 5);
    await server.seen({ type: 'receive', data: 5 });
    expect((await batches(server)).map((batch) => batch.map((packet) => packet.data))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  },
);

row('batching', 'flushBatch() during continuous batching opens no gap', async () => {
  const server = await startServer();
  const client = await server.open({ batchInterval: 20 });
  client.startBatching();
  client.transmit('note', 1);
  client.flushBatch();
  client.transmit('note', 2);
  client.transmit('note', 3);
  await server.seen({ type: 'receive', data: 3 });
  expect((await batches(server)).map((batch) => batch.length)).toEqual([1, 2]);
});

row('batching', 'cancelBatching() discards and stops', async () => {
  const server = await startServer();
  const client = await server.open({ batchInterval: 10_000 });
  client.startBatching();
  const call = client.invoke('echo', 1);
  client.cancelBatching();
  expect(client.isBatching).toBe(false);
  expect(await rejection('the call', call)).toBeInstanceOf(Error);
  await settle(client);
});

row('batching', 'isBatching outlives the connection, the buffer does not', async () => {
  const server = await startServer();
  const client = await server.open({ batchInterval: 20 });
  client.startBatching();
  const lost = client.invoke('echo', 'lost');
  client.disconnect();
  expect((await rejection('lost', lost)).name).toBe('BadConnectionError');
  expect(client.isBatching).toBe(true);
  const connected = client.listener('connect').once();
  client.connect();
  await soon('connect', connected);
  client.transmit('note', 1);
  client.transmit('note', 2);
  await server.seen({ type: 'receive', data: 2 });
  expect((await batches(server)).map((batch) => batch.map((packet) => packet.data))).toEqual([
    [1, 2],
  ]);
  client.cancelBatching();
});

row('batching', 'batchOnHandshake sends all resubscriptions as one array', async () => {
  const server = await startServer();
  const client = server.client({
    autoConnect: false,
    batchOnHandshake: true,
    batchOnHandshakeDuration: 60,
    batchInterval: 15,
  });
  const subscribes = collect(client.listener('subscribe'));
  for (const name of ['a', 'b', 'c']) {
    client.subscribe(name);
  }
  client.connect();
  await subscribes.until(3);
  const packets = await server.packets();
  expect(packets).toHaveLength(2);
  expect(packets[0]).toMatchObject({ event: '#handshake' });
  expect(packets[1].map((packet: any) => packet.data.channel)).toEqual(['a', 'b', 'c']);
});

row('batching', 'before the first connection nothing throws', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  expect(client.isBufferingBatch).toBe(false);
  client.startBatch();
  client.flushBatch();
  client.cancelBatch();
  client.startBatching();
  client.stopBatching();
  client.cancelBatching();
  expect(client.isBatching).toBe(false);
  expect(await soon('echo', client.invoke('echo', 1))).toBe(1);
});

row('batching', 'a packet that cannot be encoded does not take the others with it', async () => {
  const server = await startServer();
  const client = await server.open();
  const cycle: any = {};
  cycle.self = cycle;
  client.startBatch();
  client.transmit('note', 1);
  const bad = client.invoke('echo', cycle);
  client.transmit('note', 2);
  client.flushBatch();
  expect(await rejection('the bad call', bad)).toBeInstanceOf(Error);
  await server.seen({ type: 'receive', data: 2 });
});
