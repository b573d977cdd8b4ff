import { FleetBroker } from '@asyngular/broker/transport';
import { FakeNetwork } from '@asyngular/test-utils/fake-network';
import type { RawClient } from '@asyngular/test-utils/raw-client';
import { describe, expect, it } from 'vitest';
import { FakeLogService } from '../../broker/test/support/fake-log-service.js';
import { heldBytes } from './support/heap.js';
import { openRecovering, seenOn } from './support/recovery.js';
import { startServer, until } from './support/server.js';

async function start() {
  const service = new FakeLogService();
  const log = service.create();
  const transport = new FakeNetwork().create(log);
  log.transport = transport;
  const broker = new FleetBroker(transport, { heartbeatMs: 60_000 });
  const started = await startServer({
    broker,
    channels: { 'room*': { history: { size: 200 }, rewind: 2 } },
    brokerUnsubscribeDelay: 0,
  });
  await until('the broker', () => started.server.isReady);
  const cut = (): void => {
    transport.cut();
    log.lose();
  };
  return { ...started, service, log, transport, broker, cut };
}

/** Calls in one message, and their answers. */
async function batch(client: RawClient, ...calls: [event: string, data: unknown][]) {
  const packets = calls.map(([event, data]) => client.call(event, data));
  const answers = Promise.all(packets.map(({ cid }) => client.response(cid)));
  client.send(packets);
  return answers;
}

describe('a client that changes its mind before it has an answer', () => {
  it.each([
    ['while the channel is being followed', 0],
    ['while the log is being read', 150],
  ])('is subscribed as it asked last, %s', async (_, count) => {
    const started = await start();
    const { server } = started;
    const { position } = (await server.exchange.invokePublish('room', 'old'))!;
    if (count > 0) server.exchange.subscribe('room');
    for (let n = 0; n < count; n++) await server.exchange.invokePublish('room', n);
    await server.exchange.invokePublish('room', 'new');
    const client = await openRecovering(started);
    const [first, leave, second] = await batch(
      client,
      ['#subscribe', { channel: 'room', recover: position }],
      ['#unsubscribe', 'room'],
      ['#subscribe', { channel: 'room', rewind: 1 }],
    );
    expect(first.error).toMatchObject({ name: 'BrokerError' });
    expect(leave).not.toHaveProperty('error');
    expect(second.data).toEqual({ position: expect.any(String), rewind: 1 });
    await server.exchange.invokePublish('room', 'live');
    await until('the last one', () => seenOn(client).includes('live'));
    expect(seenOn(client)).toEqual(['new', 'live']);
    expect(server.stats().history).toMatchObject({ catchingUp: 0, recovered: 0 });
  });

  it('leaves no reads behind', async () => {
    const started = await start();
    const { server } = started;
    server.exchange.subscribe('room');
    const client = await openRecovering(started);
    await client.request('#subscribe', { channel: 'room' });
    const before = server.stats().history!.reads;
    for (let round = 0; round < 5; round++) {
      const calls = Array.from({ length: 50 }, (_, index): [string, unknown][] => [
        ['#unsubscribe', 'room'],
        ['#subscribe', { channel: 'room', recover: `forged:${index}:0` }],
      ]);
      await batch(client, ...calls.flat());
    }
    // The first one of a message, and its last one, which is asked for twice before it counts as lost.
    expect(server.stats().history!.reads - before).toBeLessThanOrEqual(5 * 4);
  });

  it('costs no memory while the log is away', async () => {
    const started = await start();
    started.server.exchange.subscribe('room');
    const client = await openRecovering(started);
    await client.request('#subscribe', { channel: 'room' });
    started.cut();
    const flood = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round++) {
        const pair = [
          { event: '#unsubscribe', data: 'room' },
          { event: '#subscribe', data: { channel: 'room' }, cid: 1_000 + round },
        ];
        client.send(Array.from({ length: 100 }, () => pair).flat());
        await client.settled();
        client.received.length = 0;
        started.warnings.length = 0;
      }
    };
    await flood(20);
    const before = await heldBytes();
    await flood(100);
    const grown = (await heldBytes()) - before;
    expect(grown / 10_000).toBeLessThan(150);
  });

  it('is not remembered by the comparison of ends', async () => {
    const started = await start();
    const { log, server } = started;
    const compared = new Set<string>();
    const { tops } = log;
    log.tops = (asked) => {
      for (const { channel } of asked) compared.add(channel);
      return tops.call(log, asked);
    };
    const client = await openRecovering(started);
    const calls = Array.from({ length: 50 }, (_, index): [string, unknown][] => [
      ['#subscribe', { channel: `room:${index}` }],
      ['#unsubscribe', `room:${index}`],
    ]);
    await batch(client, ...calls.flat());
    await client.request('#subscribe', { channel: 'room' });
    await until('the comparison', () => compared.has('room'));
    expect([...compared]).toEqual(['room']);
    expect(server.stats().history).toMatchObject({ channels: 1 });
  });
});
