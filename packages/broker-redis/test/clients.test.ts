import type { Broker, BrokerEvent } from '@asyngular/broker';
import { brokerConformance } from '@asyngular/broker/conformance';
import { startRedis, startRedisCluster } from '@asyngular/test-utils/redis';
import type { Service } from '@asyngular/test-utils/service';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { until } from '@asyngular/test-utils/wait';
import { Cluster, Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisBroker } from '../src/index.js';

let service: Service;
let fleets = 0;

beforeAll(async () => {
  service = await startRedis();
});
afterAll(() => service?.stop());

brokerConformance({
  name: 'redisBroker() on node-redis clients',
  describe,
  it,
  canCut: true,
  log: {},
  setup: async (count, options) => {
    const keyPrefix = `node-redis-${fleets++}:`;
    const brokers: Broker[] = [];
    const proxies: TcpProxy[] = [];
    const clients: { destroy(): void }[] = [];
    for (let index = 0; index < count; index++) {
      const proxy = await TcpProxy.start(service.port);
      proxies.push(proxy);
      const create = () => {
        const client = createClient({
          disableOfflineQueue: true,
          socket: { host: '127.0.0.1', port: proxy.port, reconnectStrategy: 50 },
        });
        client.on('error', () => {});
        clients.push(client);
        return client;
      };
      brokers.push(
        redisBroker({
          ...options,
          clients: { publisher: create(), subscriber: create() },
          keyPrefix,
        }),
      );
    }
    return {
      brokers,
      cut: (index) => proxies[index]!.cut(),
      restore: (index) => proxies[index]!.restore(),
      teardown: async () => {
        for (const client of clients) client.destroy();
        for (const proxy of proxies) await proxy.stop();
      },
    };
  },
});

/** As the README lists them. */
const PERMISSIONS =
  '+publish +spublish +subscribe +unsubscribe +ssubscribe +sunsubscribe +ping +info +client'.split(
    ' ',
  );

function record() {
  const payloads: unknown[] = [];
  const events: BrokerEvent[] = [];
  return {
    payloads,
    events,
    onMessage: (_channel: string, message: { payload: unknown }) => payloads.push(message.payload),
    onEvent: (event: BrokerEvent) => events.push(event),
  };
}

async function exchange(brokers: [Broker, Broker]): Promise<void> {
  const sinks = [record(), record()] as const;
  await Promise.all(brokers.map((broker, index) => broker.start(sinks[index]!)));
  await Promise.all(brokers.map((broker) => broker.subscribe('x')));
  await brokers[0].publish('x', '1');
  await brokers[1].publish('x', '2');
  await until('both messages', () => sinks[0].payloads.length + sinks[1].payloads.length === 2);
  expect([sinks[0].payloads, sinks[1].payloads]).toEqual([['2'], ['1']]);
  await Promise.all(brokers.map((broker) => broker.close()));
}

describe('redisBroker()', () => {
  it('uses ioredis clients of the application and leaves them open', async () => {
    const publisher = new Redis(service.port);
    const subscriber = new Redis(service.port);
    const url = `redis://127.0.0.1:${service.port}`;
    await exchange([redisBroker({ clients: { publisher, subscriber } }), redisBroker({ url })]);
    expect(await publisher.ping()).toBe('PONG');
    expect(await publisher.pubsub('CHANNELS')).toEqual([]);
    publisher.disconnect();
    subscriber.disconnect();
  });

  it('uses a Cluster client of the application, sharded or not', async () => {
    const services = await startRedisCluster(3);
    const nodes = services.map(({ port }) => ({ host: '127.0.0.1', port }));
    const publisher = new Cluster(nodes);
    for (const sharded of [false, true]) {
      await exchange([
        redisBroker({ clients: { publisher }, sharded }),
        redisBroker({ cluster: { nodes }, sharded }),
      ]);
    }
    expect(await publisher.set('key', 'value')).toBe('OK');
    publisher.disconnect();
    await Promise.all(services.map((it) => it.stop()));
  }, 120_000);

  it('keeps trying, with warnings, until it may log in', async () => {
    const admin = new Redis(service.port);
    const url = `redis://late:secret@127.0.0.1:${service.port}`;
    const broker = redisBroker({ url, timeoutMs: 20_000 });
    const sink = record();
    const started = broker.start(sink);
    const sent = broker.publish('x', 'early');
    await until('a warning', () => sink.events.some(({ type }) => type === 'warning'));
    await admin.acl(
      'SETUSER',
      'late',
      'on',
      '>secret',
      ...PERMISSIONS,
      '&asyngular:n',
      '&asyngular:c:x',
    );
    await Promise.all([started, sent]);
    await expect(broker.publish('secret', 'x')).rejects.toMatchObject({ reason: 'refused' });
    await expect(broker.subscribe('secret')).rejects.toMatchObject({ reason: 'refused' });
    await broker.close();
    admin.disconnect();
  }, 120_000);

  it('refuses two sources, and one client for both roles', async () => {
    expect(() => redisBroker({ url: 'redis://x', cluster: { nodes: [] } })).toThrow('not two');
    const publisher = new Redis({ lazyConnect: true });
    expect(() => redisBroker({ clients: { publisher } })).toThrow('another client as subscriber');
  });

  it('refuses options that nobody knows, and impossible values', () => {
    const create = (options: object) => () => redisBroker(options);
    expect(create({ uri: 'redis://x' })).toThrow(
      'Unknown option uri of redisBroker(); did you mean url?',
    );
    expect(create({ sharded: 'yes' })).toThrow(
      "The sharded option of redisBroker() is 'yes'; it must be true or false",
    );
    expect(create({ keyPrefix: '{}:' })).toThrow("it must be a text without '{}'");
    expect(create({ cluster: { node: [] } })).toThrow('an object with a list of nodes');
    expect(redisBroker({ url: 'redis://user:secret@host:6380/1' }).address).toBe(
      'redis://host:6380/1',
    );
  });
});

describe('redisBroker() whose subscriber is at a server that was cut off', () => {
  it('is not connected although PING is answered, and recovers', async () => {
    const [primary, replica] = [await startRedis(), await startRedis()];
    const admin = new Redis(replica.port);
    await admin.replicaof('127.0.0.1', primary.port);
    const isInStep = async () =>
      (await admin.info('replication')).includes('master_link_status:up');
    await until('the replica to follow', isInStep);
    const publisher = new Redis(primary.port);
    const subscriber = new Redis(replica.port);
    const broker = redisBroker({
      clients: { publisher, subscriber },
      heartbeatMs: 50,
      probeTimeoutMs: 500,
    });
    const sink = record();
    await broker.start(sink);
    await admin.replicaof('NO', 'ONE');
    await until('the loss to be noticed', () => broker.status === 'connecting');
    expect(await subscriber.ping()).toBeDefined();
    await admin.replicaof('127.0.0.1', primary.port);
    await until('the broker to be back', () => broker.status === 'connected');
    expect(sink.events.some(({ type }) => type === 'interruption')).toBe(true);
    await broker.close();
    for (const client of [admin, publisher, subscriber]) client.disconnect();
    for (const service of [primary, replica]) await service.stop();
  }, 120_000);
});
