import { expect } from 'vitest';
import { collect } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer } from './support/test-server.js';
import { rejection, soon, turn } from './support/within.js';

const transmitRow = 'methods/transmitPublish(channelName,data)';
const invokeRow = 'methods/invokePublish(channelName,data)';

row(
  transmitRow,
  'reaches all subscribers, the publisher too, without an acknowledgement',
  async () => {
    const server = await startServer();
    const [client, other] = [await server.open(), await server.open()];
    const own = collect(client.subscribe('foo'));
    const others = collect(other.subscribe('foo'));
    await settle(other);
    expect(await soon('transmitPublish', client.transmitPublish('foo', { a: 1 }))).toBe(undefined);
    await own.until(1);
    await others.until(1);
    expect(own.values).toEqual([{ a: 1 }]);
    expect(others.values).toEqual([{ a: 1 }]);
    const packet = (await server.packets()).find(({ event }) => event === '#publish');
    expect(packet).toEqual({ event: '#publish', data: { channel: 'foo', data: { a: 1 } } });
  },
);

row(transmitRow, 'needs no subscription and opens a closed socket', async () => {
  const server = await startServer();
  const other = await server.open();
  const others = collect(other.subscribe('foo'));
  await settle(other);
  const client = server.client({ autoConnect: false });
  client.transmitPublish('foo', 1);
  expect(client.state).toBe('connecting');
  await others.until(1);
});

row(invokeRow, "with except: 'self' it reaches all other subscribers", async () => {
  const server = await startServer();
  const [client, other] = [await server.open(), await server.open()];
  const own = collect(client.subscribe('foo'));
  const others = collect(other.subscribe('foo'));
  await settle(other);
  await soon('invokePublish', client.invokePublish('foo', 1, { except: 'self' }));
  await soon('invokePublish', client.channel('foo').invokePublish(2, { except: 'self' }));
  await soon('invokePublish', other.invokePublish('foo', 3));
  await others.until(3);
  await settle(client);
  expect(own.values).toEqual([3]);
  expect(others.values).toEqual([1, 2, 3]);
});

row(invokeRow, 'resolves with nothing once the server processed it', async () => {
  const server = await startServer();
  const client = await server.open();
  const own = collect(client.subscribe('foo'));
  expect(await soon('invokePublish', client.invokePublish('foo', 1))).toBe(undefined);
  // The delivery to oneself comes before the acknowledgement; the loop reads it in the same turn.
  await turn();
  expect(own.values).toEqual([1]);
});

row(invokeRow, 'rejects when a middleware refuses', async () => {
  const server = await startServer({
    block: [
      { type: 'publishIn', name: 'forbidden', error: { name: 'Forbidden', message: 'not here' } },
    ],
  });
  const client = await server.open();
  const got = collect(client.subscribe('forbidden'));
  expect(await rejection('the refusal', client.invokePublish('forbidden', 1))).toMatchObject({
    name: 'Forbidden',
    message: 'not here',
  });
  // A transmitted one vanishes.
  client.transmitPublish('forbidden', 2);
  await settle(client);
  expect(got.values).toEqual([]);
  await client.invokePublish('allowed', 1);
});

row(invokeRow, 'rejects when the server allows no publishing', async () => {
  const server = await startServer({ options: { allowClientPublish: false } });
  const client = await server.open();
  const error = await rejection('the refusal', client.invokePublish('foo', 1));
  expect(error.name).toBe('InvalidActionError');
});

for (const method of ['transmitPublish', 'invokePublish'] as const) {
  row(`methods/${method}(channelName,data)`, 'a name that is no string rejects', async () => {
    const server = await startServer();
    const client = await server.open();
    for (const name of [5, undefined, null, {}] as any[]) {
      const error = await rejection(`the name ${name}`, client[method](name, 1));
      expect(error.name).toBe('InvalidArgumentsError');
    }
    await settle(client);
    expect((await server.packets()).filter(({ event }) => event === '#publish')).toEqual([]);
  });
}

row(
  'ordering',
  'subscribe, then publish by the same client, from a closed socket too',
  async () => {
    const server = await startServer();
    const client = server.client({ autoConnect: false });
    const got = collect(client.subscribe('foo'));
    for (let i = 0; i < 5; i++) {
      client.transmitPublish('foo', i);
    }
    await got.until(5);
    expect(got.values).toEqual([0, 1, 2, 3, 4]);
  },
);
