import { type Broker, type BrokerSink, MemoryHub, memoryBroker } from '@asyngular/broker';
import { FleetBroker } from '@asyngular/broker/transport';
import { FakeNetwork } from '@asyngular/test-utils/fake-network';
import type { RawClient } from '@asyngular/test-utils/raw-client';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { collect, startServer, until } from './support/server.js';

/** Servers on one network that can be cut. */
async function startFleet(count: number, timeoutMs = 300) {
  const network = new FakeNetwork();
  const fleet = [];
  for (let index = 0; index < count; index++) {
    const transport = network.create();
    const broker = new FleetBroker(transport, { timeoutMs, heartbeatMs: 20, probeTimeoutMs: 100 });
    const started = await startServer({ broker, brokerUnsubscribeDelay: 0 });
    await until('the broker', () => started.server.isReady);
    fleet.push({ ...started, transport });
  }
  return fleet as [(typeof fleet)[0], (typeof fleet)[0]];
}

function published(client: RawClient): unknown[] {
  return client.received.filter(({ event }) => event === '#publish').map(({ data }) => data.data);
}

/** A memory broker that logs what the server asks of it, and whose sink is at hand. */
function watchedBroker() {
  const inner = memoryBroker();
  const calls: string[] = [];
  const watched = { calls, sink: undefined as BrokerSink | undefined };
  const broker: Broker = Object.assign(Object.create(inner), {
    start: (sink: BrokerSink) => {
      watched.sink = sink;
      return inner.start(sink);
    },
    publish: (channel: string) => void calls.push(`publish ${channel}`),
    subscribe: (channel: string) => void calls.push(`subscribe ${channel}`),
    unsubscribe: (channel: string) => void calls.push(`unsubscribe ${channel}`),
    stats: () => inner.stats(),
    close: () => inner.close(),
  });
  Object.defineProperty(broker, 'status', { get: () => inner.status });
  return Object.assign(watched, { broker });
}

describe('the server and its broker', () => {
  it('asks once for a channel and gives it back a while after its last subscriber', async () => {
    const { broker, calls } = watchedBroker();
    const { server, open } = await startServer({ broker, brokerUnsubscribeDelay: 50 });
    const [one, two] = [await open(), await open()];
    await one.subscribe('c');
    await two.subscribe('c');
    server.exchange.subscribe('c');
    await one.request('#unsubscribe', 'c');
    await two.request('#unsubscribe', 'c');
    await server.exchange.unsubscribe('c');
    expect(server.stats().channels).toBe(0);
    // Back before the delay is over: the broker hears of nothing.
    await one.subscribe('c');
    expect(calls).toEqual(['subscribe c']);
    await one.request('#unsubscribe', 'c');
    await until('the channel to be given back', () => calls.length === 2);
    expect(calls).toEqual(['subscribe c', 'unsubscribe c']);
    await one.subscribe('c');
    expect(calls).toEqual(['subscribe c', 'unsubscribe c', 'subscribe c']);
  });

  it('tells of the first subscriber, the last one and publications', async () => {
    const { server, open } = await startServer();
    const { brokerEngine } = server;
    expect(brokerEngine).toMatchObject({ isReady: false, broker: server.broker });
    await within('the broker to be ready', brokerEngine.listener('ready').once());
    expect(brokerEngine.isReady).toBe(true);
    expect(brokerEngine.exchange()).toBe(server.exchange);
    const events: unknown[] = [];
    const channel = server.exchange.channel('c');
    collect(channel.listener('subscribe'), () => events.push('channel'));
    collect(brokerEngine.listener('subscribe'), (event) => events.push(['subscribe', event]));
    collect(brokerEngine.listener('unsubscribe'), (event) => events.push(['unsubscribe', event]));
    collect(brokerEngine.listener('publish'), (event) => events.push(['publish', event]));
    collect(server.exchange.listener('subscribe'), () => events.push('exchange'));
    server.exchange.subscribe('c');
    const client = await open();
    await client.subscribe('c');
    expect(brokerEngine.subscriptions()).toEqual(['c']);
    await client.request('#publish', { channel: 'c', data: 1 });
    await server.exchange.unsubscribe('c');
    expect(brokerEngine.isSubscribed('c')).toBe(true);
    client.terminate();
    await within('the closure', server.listener('closure').once());
    await until('all events', () => events.length === 5);
    expect(events).toEqual([
      'channel',
      ['subscribe', { channel: 'c' }],
      'exchange',
      ['publish', { channel: 'c', data: 1 }],
      ['unsubscribe', { channel: 'c' }],
    ]);
    expect(brokerEngine.isSubscribed('c')).toBe(false);
  });

  it('serves its own subscribers first, in publishing order, before it answers', async () => {
    const [here, there] = await startFleet(2);
    const publisher = await here.open();
    const near = await here.open();
    const far = await there.open();
    for (const client of [publisher, near, far]) await client.subscribe('c');
    const inExchange = collect(here.server.exchange.subscribe('c'));
    // The network accepts nothing for now: local subscribers have it all the same.
    here.transport.isResponsive = false;
    const answers = [0, 1, 2].map((data) => publisher.request('#publish', { channel: 'c', data }));
    await until('local delivery', () => published(near).length === 3);
    expect(published(near)).toEqual([0, 1, 2]);
    expect(published(far)).toEqual([]);
    // The socket is not held up: it is served while its publishes wait.
    expect(await publisher.request('#unsubscribe', 'nothing')).toHaveProperty('error');
    expect(published(publisher)).toEqual([0, 1, 2]);
    expect(inExchange).toEqual([0, 1, 2]);
    here.transport.isResponsive = true;
    here.transport.cut();
    here.transport.restore();
    for (const answer of await Promise.all(answers)) expect(answer.error).toBeUndefined();
    await until('the other server', () => published(far).length === 3);
    expect(published(far)).toEqual([0, 1, 2]);
    const order = publisher.received.map((packet) => packet.event ?? packet.rid);
    expect(order.lastIndexOf('#publish')).toBeLessThan(order.indexOf(3));
  });

  it('rides out a broker that is away', async () => {
    const [here, there] = await startFleet(2);
    const near = await here.open();
    const far = await there.open();
    for (const client of [near, far]) await client.subscribe('c');
    const interruptions = collect(there.server.exchange.listener('interruption'));
    there.server.exchange.subscribe('c');
    const onChannel = collect(there.server.exchange.channel('c').listener('interruption'));
    const statuses = collect(here.server.brokerEngine.listener('status'), ({ to }) => to);
    const before = Date.now();
    for (const { transport } of [here, there]) transport.cut();
    expect(here.server.health()).toMatchObject({ status: 'degraded', isReady: false });
    // Bounded waiting, then a refusal; the subscriber here has it.
    const refused = await near.request('#publish', { channel: 'c', data: 'lost' });
    expect(refused.error).toMatchObject({ name: 'BrokerError' });
    expect(refused.error.message).toMatch(
      /^Failed to publish to the c channel - BrokerUnavailableError: .* within 300 ms; it was not sent$/,
    );
    await expect(here.server.exchange.invokePublish('c', 'lost too')).rejects.toMatchObject({
      name: 'BrokerError',
      cause: { code: 'ERR_BROKER_UNAVAILABLE', reason: 'timeout' },
    });
    expect(published(near)).toEqual(['lost', 'lost too']);
    // A subscription has to wait, for longer than the broker lets one call wait.
    const late = far.subscribe('late');
    const waiting = near.request('#publish', { channel: 'c', data: 'kept' });
    for (const { transport } of [here, there]) transport.restore();
    expect((await waiting).error).toBeUndefined();
    expect((await late).error).toBeUndefined();
    await until('what was kept', () => published(far).includes('kept'));
    expect(near.closed ?? far.closed).toBeUndefined();
    expect(statuses).toEqual(['connecting', 'connected']);
    await until('the interruption', () => interruptions.length > 0 && onChannel.length > 0);
    const [first] = interruptions;
    expect(first).toMatchObject({ channel: undefined, reason: 'reconnected' });
    expect(first!.since).toBeLessThanOrEqual(before);
    expect(onChannel[0]).toEqual({
      since: first!.since,
      until: first!.until,
      reason: 'reconnected',
    });
    expect(here.server.health()).toMatchObject({
      status: 'ok',
      broker: { name: 'fake', status: 'connected', lastInterruption: { reason: 'reconnected' } },
    });
    // One warning for the outage, and one for all that failed in it.
    expect(here.warnings.map(({ message }) => message)).toEqual([
      'The connection to the fake broker at fake://network is lost (the network was cut); it is tried again until it is back, and publications for other servers wait a few seconds',
      '2 publications for other servers failed while the fake broker was away',
    ]);
  });

  it('keeps a subscription waiting as long as the broker is away', async () => {
    const [server] = await startFleet(1, 30);
    const client = await server.open();
    server.transport.cut();
    const reply = client.subscribe('c');
    const again = client.subscribe('c');
    await until('some attempts', () => server.server.health().broker.subscriptions === 1);
    // The socket is served meanwhile; each publish waits as long as one attempt.
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await client.request('#publish', { channel: 'x', data: 1 })).toHaveProperty('error');
    }
    expect(client.received.every(({ rid }) => rid !== 2 && rid !== 3)).toBe(true);
    server.transport.restore();
    expect(await reply).toEqual({ rid: 2 });
    expect(await again).toEqual({ rid: 3 });
  });

  it('reads a client more slowly when the broker does not keep up', async () => {
    const network = new FakeNetwork();
    const transport = network.create();
    const broker = new FleetBroker(transport, { probeTimeoutMs: 60_000, timeoutMs: 60_000 });
    const { server, open } = await startServer({ broker, inboundHighWaterMark: 10 });
    await until('the broker', () => server.isReady);
    const client = await open();
    transport.isResponsive = false;
    // More than one read from the network brings.
    const data = 'x'.repeat(8 * 1024);
    for (let i = 0; i < 200; i++) client.transmit('#publish', { channel: 'c', data });
    const socket = Object.values(server.clients)[0]!;
    await until('reading is paused', () => socket.stats().isReadingPaused);
    expect(server.health().broker.queuedMessages).toBeLessThan(200);
    transport.isResponsive = true;
    transport.cut();
    transport.restore();
    await until('all publishes', () => server.health().broker.published === 200);
    expect(socket.stats().unconsumedMessages).toBe(0);
  });

  it('tells clients of an interruption that asked for it', async () => {
    const watched = watchedBroker();
    const { open, connect } = await startServer({ broker: watched.broker });
    const plain = await open();
    const client = connect();
    await client.opened();
    const handshake = await client.request('#handshake', {
      authToken: null,
      ext: { interruption: {}, unknown: 1 },
    });
    expect(handshake.data.ext).toEqual({ interruption: {} });
    const idle = connect();
    await idle.opened();
    await idle.request('#handshake', { ext: { interruption: {} } });
    for (const each of [plain, client]) await each.subscribe('c');
    const times = { since: 1_000, until: 2_000, reason: 'reconnected' };
    const announce = (channel: string | undefined) =>
      watched.sink!.onEvent({ type: 'interruption', channel, node: undefined, ...times });
    announce('c');
    announce('other');
    announce(undefined);
    for (const each of [plain, client, idle]) await each.settled();
    const told = ({ received }: RawClient) =>
      received.filter(({ event }) => event === '#interruption').map(({ data }) => data);
    expect(told(client)).toEqual([{ channel: 'c', ...times }, times]);
    expect(told(plain)).toEqual([]);
    expect(told(idle)).toEqual([]);
  });

  it('survives ignored rejections of the exchange, and what it cannot decode', async () => {
    const hub = new MemoryHub();
    const { server, warnings } = await startServer({ broker: memoryBroker({ hub }) });
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    server.exchange.subscribe('c');
    const other = memoryBroker({ hub });
    await other.start({ onMessage() {}, onEvent() {} });
    await other.publish('c', `${'['.repeat(100_000)}`);
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    server.exchange.transmitPublish('c', cyclic);
    server.exchange.invokePublish(7 as any, 1);
    const isWarned = () => warnings.some(({ message }) => /circular/.test(message));
    await until('the warning', isWarned);
    await server.close();
    server.exchange.transmitPublish('c', 1);
    await expect(server.exchange.transmitPublish('c', 1)).rejects.toMatchObject({
      name: 'BrokerError',
    });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onRejection);
    expect(rejections).toEqual([]);
  });
});
