import { FleetBroker } from '@asyngular/broker/transport';
import { FakeNetwork } from '@asyngular/test-utils/fake-network';
import type { RawClient } from '@asyngular/test-utils/raw-client';
import { describe, expect, it } from 'vitest';
import { FakeLogService } from '../../broker/test/support/fake-log-service.js';
import type { AGServerOptions } from '../src/index.js';
import { lastPlace, openRecovering, seenOn } from './support/recovery.js';
import { collect, startServer, type TestServer, until } from './support/server.js';

const channels = { 'room*': { history: { size: 200 }, rewind: 2 } };

/** Two servers on one service, whose connections and live entries can be lost. */
async function startFleet(options: AGServerOptions = {}) {
  const service = new FakeLogService();
  const network = new FakeNetwork();
  const fleet = [];
  for (let index = 0; index < 2; index++) {
    const log = service.create();
    const transport = network.create(log);
    log.transport = transport;
    const broker = new FleetBroker(transport, { heartbeatMs: 60_000 });
    const started = await startServer({ broker, channels, brokerUnsubscribeDelay: 0, ...options });
    await until('the broker', () => started.server.isReady);
    const cut = (): void => {
      transport.cut();
      log.lose();
    };
    fleet.push({ ...started, log, transport, broker, cut });
  }
  const [near, far] = fleet as [(typeof fleet)[0], (typeof fleet)[0]];
  return { service, near, far };
}

async function subscribed(started: TestServer, data: object = {}): Promise<RawClient> {
  const client = await openRecovering(started);
  const { error } = await client.request('#subscribe', { channel: 'room', ...data });
  if (error) throw new Error(JSON.stringify(error));
  return client;
}

function publish({ server }: TestServer, ...data: unknown[]): Promise<unknown> {
  return Promise.all(data.map((each) => server.exchange.invokePublish('room', each)));
}

async function positionOf(client: RawClient): Promise<string> {
  const { data } = await client.request('#history', { channel: 'room', limit: 1 });
  return `${data.position.split(':')[0]}:${lastPlace(client)}`;
}

describe('a server that follows a log', () => {
  it('reads what was lost on the way as soon as something follows', async () => {
    const { near, far } = await startFleet();
    const client = await subscribed(near);
    await publish(far, 1);
    near.log.toDrop = 2;
    await publish(far, 2, 3);
    await publish(far, 4);
    await until('everything', () => seenOn(client).length >= 4);
    expect(seenOn(client)).toEqual([1, 2, 3, 4]);
    expect(near.server.stats().history).toMatchObject({ gaps: 1, healed: 0, interruptions: 0 });
  });

  it('finds what was lost before a silence, and answers its publisher after that', async () => {
    const { near, far } = await startFleet();
    const client = await subscribed(near);
    const other = await subscribed(far);
    await publish(far, 1);
    near.log.toDrop = 1;
    // The publisher's own server has it in any case.
    await publish(far, 2);
    expect(await other.request('#history', { channel: 'room' })).toHaveProperty('data');
    await until('both', () => seenOn(client).length === 2);
    near.log.toDrop = 1;
    await publish(near, 3);
    expect(seenOn(client).concat(seenOn(other))).toContain(3);
    await until('the last one', () => seenOn(client).length === 3);
    expect(seenOn(client)).toEqual([1, 2, 3]);
    expect(near.server.stats().history).toMatchObject({ healed: 1, interruptions: 0 });
  });

  it('reads what was published during an outage, and announces nothing', async () => {
    const { near, far } = await startFleet();
    const client = await subscribed(near);
    const old = await near.open();
    await old.subscribe('room');
    await client.request('#subscribe', { channel: 'plain' });
    await publish(far, 1);
    await until('the first', () => seenOn(client).length === 1);
    near.cut();
    await publish(far, 2, 3);
    near.transport.restore();
    await until('the rest', () => seenOn(client).length >= 3 && seenOn(old).length >= 3);
    await publish(far, 4);
    await until('the last', () => seenOn(client).includes(4) && seenOn(old).includes(4));
    expect(seenOn(client)).toEqual([1, 2, 3, 4]);
    expect(seenOn(old)).toEqual([1, 2, 3, 4]);
    // Without a name, it is meant for channels without history.
    const interruptions = client.received.filter(({ event }) => event === '#interruption');
    expect(interruptions.map(({ data }) => data.channel)).toEqual([undefined]);
  });

  it('gives a client of another server, that got further, nothing twice', async () => {
    const { near, far } = await startFleet();
    const stay = await subscribed(near);
    const client = await subscribed(far);
    near.log.toDrop = 3;
    await publish(far, 1, 2, 3);
    await until('three', () => seenOn(client).length === 3);
    const recover = await positionOf(client);
    client.terminate();
    const back = await openRecovering(near);
    const answer = await back.request('#subscribe', { channel: 'room', recover });
    expect(answer.data).toEqual({ position: recover, recovered: true });
    await publish(far, 4);
    await until('the next', () => seenOn(back).length > 0 && seenOn(stay).length === 4);
    expect(seenOn(back)).toEqual([4]);
    expect(seenOn(stay)).toEqual([1, 2, 3, 4]);
  });

  it('tells everybody when the log is another one, and goes on at its beginning', async () => {
    const { service, near, far } = await startFleet();
    const client = await subscribed(near);
    const inExchange = collect(near.server.exchange.subscribe('room'));
    const interruptions = collect(near.server.exchange.listener('interruption'));
    await publish(far, 1);
    await until('the first', () => seenOn(client).length === 1);
    service.forget();
    await publish(far, 2);
    await until('the new log', () => seenOn(client).length === 3);
    expect(seenOn(client)).toEqual([
      1,
      { '#interruption': expect.objectContaining({ position: 'fake2:0:0' }) },
      2,
    ]);
    expect(inExchange).toEqual([1, 2]);
    expect(interruptions).toMatchObject([{ channel: 'room', position: 'fake2:0:0' }]);
  });

  it('tells everybody who had what a crash of the log has lost', async () => {
    const { service, near, far } = await startFleet();
    const client = await subscribed(near);
    await publish(far, 1, 2);
    const restore = service.save();
    await publish(far, 3, 4);
    await until('four', () => seenOn(client).length === 4);
    const recover = await positionOf(client);
    for (const server of [near, far]) server.cut();
    restore();
    for (const server of [near, far]) server.transport.restore();
    // The same offsets, with other publications.
    await publish(far, 5, 6, 7);
    await until('what follows', () => seenOn(client).includes(7));
    expect(seenOn(client)).toEqual([
      1,
      2,
      3,
      4,
      { '#interruption': expect.objectContaining({ channel: 'room' }) },
      ...seenOn(client).slice(5),
    ]);
    expect(seenOn(client).slice(-1)).toEqual([7]);
    const back = await openRecovering(near);
    const answer = await back.request('#subscribe', { channel: 'room', recover });
    expect(answer.data).toMatchObject({ recovered: false, rewind: 2 });
  });

  it('holds the answer to a subscription until the log can be asked', async () => {
    const { near, far } = await startFleet();
    await publish(far, 1);
    near.cut();
    const client = await openRecovering(near);
    const answer = client.request('#subscribe', { channel: 'room' });
    expect(await client.request('#unsubscribe', 'other')).toHaveProperty('error');
    near.transport.restore();
    expect((await answer).data).toMatchObject({ rewind: 1 });
    await until('the rewind', () => seenOn(client).length === 1);
    expect(seenOn(client)).toEqual([1]);
  });

  it('lets a client leave that waits for its answer', async () => {
    const { near } = await startFleet();
    await subscribed(near);
    near.cut();
    const client = await openRecovering(near);
    const answer = client.request('#subscribe', { channel: 'room', recover: 'fake1:0:0' });
    await client.request('#unsubscribe', 'room');
    expect((await answer).error).toMatchObject({ name: 'BrokerError' });
    near.transport.restore();
    await until('the connection', () => near.broker.status === 'connected');
    const again = await client.request('#subscribe', { channel: 'room', recover: 'fake1:0:0' });
    expect(again.data).toEqual({ position: 'fake1:0:0', recovered: true });
  });

  it('reads once for a crowd that comes back at once', async () => {
    const { near, far } = await startFleet();
    const stay = await subscribed(near);
    await publish(far, 0);
    await until('the first', () => seenOn(stay).length === 1);
    const recover = await positionOf(stay);
    for (let round = 0; round < 150; round += 50) {
      await publish(far, ...Array.from({ length: 50 }, (_, index) => round + index + 1));
    }
    await until('all', () => seenOn(stay).length === 151);
    const before = near.server.stats().history!.reads;
    const crowd = await Promise.all(Array.from({ length: 200 }, () => openRecovering(near)));
    const answers = await Promise.all(
      crowd.map((client) => client.request('#subscribe', { channel: 'room', recover })),
    );
    expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1);
    await until('everybody', () => crowd.every((client) => seenOn(client).length === 150));
    const expected = seenOn(stay).slice(1);
    for (const client of crowd) expect(seenOn(client)).toEqual(expected);
    // The page that the crowd lacks; the rest is at hand.
    expect(near.server.stats().history!.reads - before).toBeLessThanOrEqual(2);
    expect(near.server.stats().history).toMatchObject({ recovered: 200, catchingUp: 0 });
  });
});
