import { localBroker } from '@asyngular/broker-local';
import { natsBroker } from '@asyngular/broker-nats';
import { redisBroker } from '@asyngular/broker-redis';
import { startNats } from '@asyngular/test-utils/nats';
import { startRedis } from '@asyngular/test-utils/redis';
import type { Address } from '@asyngular/test-utils/tcp-proxy';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPeer } from '../../interop/support/peers.js';
import {
  collect,
  onCleanup,
  startServer,
  type TestServer,
  until,
} from '../../packages/server/test/support/server.js';
import { type BrokerService, startBrokerService } from './support/broker-service.js';

// Published clients that know nothing of brokers, half of them on each of two servers.
const brokers = {
  nats: {
    start: () => startNats(),
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

describe.each(['nats', 'redis', 'local'] as const)('on %s', (kind) => {
  let service: BrokerService | undefined;
  afterAll(() => service?.stop());

  it.each(['socketcluster-client 20.0.2', 'asyngular-client 6.2.4'] as const)(
    '%s: clients of two servers chat',
    async (name) => {
      service ??= await brokers[kind].start();
      const { address } = service;
      const servers: TestServer[] = [];
      for (let index = 0; index < 2; index++) {
        servers.push(await startServer({ broker: brokers[kind].create(address) }));
      }
      await until('the servers', () => servers.every(({ server }) => server.isReady));
      const room = `room of ${name} *.>`;
      const people = await Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
          const client = loadPeer(name).create({
            hostname: '127.0.0.1',
            port: servers[index % 2]!.port,
            path: '/asyngular/',
          });
          onCleanup(() => client.disconnect());
          const channel = client.subscribe(room);
          const heard = collect<{ from: number; text: string }>(channel);
          await channel.listener('subscribe').once(5_000);
          return { client, heard };
        }),
      );
      for (let round = 0; round < 5; round++) {
        await Promise.all(
          people.map(({ client }, from) => client.invokePublish(room, { from, text: `${round}` })),
        );
      }
      await until('everybody to hear everything', () =>
        people.every(({ heard }) => heard.length === 30),
      );
      for (const { heard } of people) {
        for (let from = 0; from < people.length; from++) {
          const texts = heard.filter((message) => message.from === from).map(({ text }) => text);
          expect(texts).toEqual(['0', '1', '2', '3', '4']);
        }
      }
      people[0]!.client.transmitPublish(room, { from: 0, text: 'bye' });
      await until('the last word', () => people.every(({ heard }) => heard.at(-1)!.text === 'bye'));
    },
  );
});
