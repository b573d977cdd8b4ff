import { localBroker } from '@asyngular/broker-local';
import { natsBroker } from '@asyngular/broker-nats';
import { redisBroker } from '@asyngular/broker-redis';
import { type AGClientSocket, create } from '@asyngular/client';
import { startNats } from '@asyngular/test-utils/nats';
import { startRedis } from '@asyngular/test-utils/redis';
import { type Address, TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { describe, expect, it } from 'vitest';
import {
  collect,
  onCleanup,
  startServer,
  until,
} from '../../../packages/server/test/support/server.js';
import { startBrokerService } from '../support/broker-service.js';

// Two servers; everything that the broker sends to the second one is late.
const brokers = {
  nats: {
    start: () => startNats('jetstream {}\n'),
    create: (port: Address) => natsBroker({ port: Number(port) }),
  },
  redis: {
    start: () => startRedis(),
    create: (port: Address) => redisBroker({ redis: { port: Number(port) } }),
  },
  local: {
    start: () => startBrokerService('local'),
    create: (path: Address) => localBroker({ path: String(path) }),
  },
};

async function startPair(kind: keyof typeof brokers) {
  const service = await brokers[kind].start();
  onCleanup(() => service.stop());
  const link = await TcpProxy.start(service.address);
  onCleanup(() => link.stop());
  const ports: number[] = [];
  for (const address of [service.address, link.address]) {
    const broker = brokers[kind].create(address);
    const { server, port: own } = await startServer({ broker, channels: { c: { history: {} } } });
    await until('the broker', () => server.isReady);
    ports.push(own);
  }
  return { link, quick: ports[0]!, late: ports[1]! };
}

async function connect(port: number): Promise<AGClientSocket> {
  const client = create({ hostname: '127.0.0.1', port });
  onCleanup(() => client.disconnect());
  await client.listener('connect').once(10_000);
  return client;
}

async function follow(client: AGClientSocket): Promise<unknown[]> {
  const channel = client.subscribe('c');
  const got = collect(channel);
  await channel.listener('subscribe').once(10_000);
  return got;
}

/** Ends the client's connection, and makes it one to another server. */
function move(client: AGClientSocket, port: number): void {
  client.disconnect();
  client.connect({ port });
}

describe.each(['nats', 'redis', 'local'] as const)('on %s, on a channel with history', (kind) => {
  it('R1: a subscriber that moves to a server that lags gets everything once, in order', async () => {
    const { link, quick, late } = await startPair(kind);
    // The second server follows the channel already.
    await follow(await connect(late));
    const subscriber = await connect(quick);
    const got = await follow(subscriber);
    const publisher = await connect(quick);
    link.stopReading();
    for (let number = 1; number <= 5; number++) await publisher.invokePublish('c', number);
    await until('the first five', () => got.length === 5);
    move(subscriber, late);
    link.resumeReading();
    await publisher.invokePublish('c', 6);
    await until(
      'the last one',
      () => got.includes(6),
      () => got,
    );
    expect(got).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("R2: what a publisher publishes on two servers comes in the log's order, to everybody", async () => {
    const { link, quick, late } = await startPair(kind);
    const all = [await follow(await connect(late)), await follow(await connect(quick))];
    const publisher = await connect(quick);
    link.stopReading();
    for (let number = 1; number <= 3; number++) await publisher.invokePublish('c', number);
    move(publisher, late);
    await publisher.listener('connect').once(10_000);
    const sent = [4, 5, 6].map((number) => publisher.invokePublish('c', number));
    link.resumeReading();
    await Promise.all(sent);
    await until(
      'everything',
      () => all.every(({ length }) => length === 6),
      () => all,
    );
    for (const got of all) expect(got).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
