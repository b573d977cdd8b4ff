import { FleetBroker } from '@asyngular/broker/transport';
import { FakeNetwork } from '@asyngular/test-utils/fake-network';
import type { RawClient } from '@asyngular/test-utils/raw-client';
import { describe, expect, it } from 'vitest';
import { startServer, until } from './support/server.js';

async function startOn(network: FakeNetwork) {
  const transport = network.create();
  const broker = new FleetBroker(transport, { heartbeatMs: 20, probeTimeoutMs: 100 });
  const started = await startServer({ broker, closeTimeout: 400 });
  await until('the broker', () => started.server.isReady);
  return { ...started, transport };
}

function published(client: RawClient): unknown[] {
  return client.received.filter(({ event }) => event === '#publish').map(({ data }) => data.data);
}

describe('a server whose broker is away', () => {
  it('R2 (fleet-repro-moves): drops what a client that has left published, rather than sending it late', async () => {
    const network = new FakeNetwork();
    const [a, b] = [await startOn(network), await startOn(network)];
    const reader = await b.open();
    await reader.subscribe('c');
    const mover = await a.open();
    a.transport.cut();
    for (const data of [1, 2, 3]) mover.transmit('#publish', { channel: 'c', data });
    await until('the publications', () => a.server.health().broker.queuedMessages === 3);
    mover.terminate();
    await until('the client to be gone', () => a.server.clientsCount === 0);
    const again = await b.open();
    for (const data of [4, 5, 6]) await again.request('#publish', { channel: 'c', data });
    const stayer = await a.open();
    const kept = stayer.request('#publish', { channel: 'c', data: 'of one who stays' });
    await until('the fourth', () => a.server.health().broker.queuedMessages === 4);
    a.transport.restore();
    expect((await kept).error).toBeUndefined();
    await until('it', () => published(reader).length === 4);
    expect(published(reader)).toEqual([4, 5, 6, 'of one who stays']);
    expect(a.server.health().broker.queuedMessages).toBe(0);
  });

  it('R9 (fleet-away): takes a further subscriber of a channel at once, and an interruption covers it', async () => {
    const server = await startOn(new FakeNetwork());
    const first = await server.open();
    await first.subscribe('c');
    server.transport.cut();
    const before = Date.now();
    const second = server.connect();
    await second.opened();
    await second.request('#handshake', { authToken: null, ext: { interruption: {} } });
    expect(await second.subscribe('c')).not.toHaveProperty('error');
    const waiting = second.subscribe('new here');
    server.transport.restore();
    expect(await waiting).not.toHaveProperty('error');
    const interruption = () => second.received.find(({ event }) => event === '#interruption');
    await until('the interruption', () => interruption() !== undefined);
    expect(interruption()!.data.channel).toBeUndefined();
    expect(interruption()!.data.since).toBeLessThanOrEqual(before);
    expect(interruption()!.data.until).toBeGreaterThanOrEqual(before);
  });
});

describe('close()', () => {
  it('F8: ends although the broker accepts nothing, and fails what waits', async () => {
    const { server, transport } = await startOn(new FakeNetwork());
    transport.isResponsive = false;
    const waiting = expect(server.exchange.invokePublish('c', 1)).rejects.toMatchObject({
      cause: { reason: 'closed', maybeSent: true },
    });
    const startedAt = performance.now();
    await server.close();
    expect(performance.now() - startedAt).toBeLessThan(400);
    await waiting;
  });

  it('F8: drain() is bounded in the same way', async () => {
    const { server, transport } = await startOn(new FakeNetwork());
    transport.isResponsive = false;
    transport.closes = false;
    const startedAt = performance.now();
    await server.drain({ spread: 0, timeout: 10 });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
