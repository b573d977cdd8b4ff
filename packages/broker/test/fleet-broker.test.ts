import { FakeNetwork, type FakeTransport } from '@asyngular/test-utils/fake-network';
import { until } from '@asyngular/test-utils/wait';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodeEnvelope, encodeEnvelope } from '../src/envelope.js';
import type { BrokerEvent, BrokerInterruptionEvent, FleetOptions } from '../src/index.js';
import { FleetBroker } from '../src/transport.js';

interface Node {
  broker: FleetBroker;
  transport: FakeTransport;
  payloads: unknown[];
  events: BrokerEvent[];
}

const nodes: Node[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(nodes.splice(0).map(({ broker }) => broker.close()));
});

async function createNode(network: FakeNetwork, options: FleetOptions = {}): Promise<Node> {
  const transport = network.create();
  const broker = new FleetBroker(transport, { heartbeatMs: 50, probeTimeoutMs: 200, ...options });
  const node: Node = { broker, transport, payloads: [], events: [] };
  nodes.push(node);
  await broker.start({
    onMessage: (_channel, { payload }) => node.payloads.push(payload),
    onEvent: (event) => node.events.push(event),
  });
  return node;
}

const interruptions = (node: Node): BrokerInterruptionEvent[] =>
  node.events.filter((event) => event.type === 'interruption');
const warnings = (node: Node) =>
  node.events.filter((event) => event.type === 'warning').map(({ error }) => error.message);

describe('a broker between processes', () => {
  it('delivers a message that the service repeats once', async () => {
    const network = new FakeNetwork();
    const [a, b] = [await createNode(network), await createNode(network)];
    await b.broker.subscribe('x');
    b.transport.toRepeat = 3;
    for (const payload of ['1', '2', '3']) await a.broker.publish('x', payload);
    await until('the repeats', () => b.broker.stats().duplicates > 0);
    expect(b.payloads).toEqual(['1', '2', '3']);
  });

  it('tells a publish or subscribe that the service refuses', async () => {
    const a = await createNode(new FakeNetwork(), { heartbeatMs: 60_000 });
    const cause = new Error('no permission');
    a.transport.refusal = cause;
    await expect(a.broker.publish('x', '1')).rejects.toMatchObject({
      code: 'ERR_BROKER_UNAVAILABLE',
      reason: 'refused',
      cause,
    });
    await expect(a.broker.subscribe('x')).rejects.toMatchObject({ reason: 'refused', cause });
    expect(a.broker.stats().subscriptions).toBe(0);
    a.transport.refusal = undefined;
    await a.broker.subscribe('x');
  });

  it('drops a connection that does not answer a probe', async () => {
    const a = await createNode(new FakeNetwork());
    a.transport.isResponsive = false;
    await until('the reset', () => a.transport.resets > 0);
    a.transport.isResponsive = true;
    await until('the connection', () => a.broker.status === 'connected');
    expect(interruptions(a)).toHaveLength(1);
    const lost = a.events.find((event) => event.type === 'status' && event.from === 'connected');
    expect(lost).toMatchObject({ reason: 'The broker did not answer a probe within 200 ms' });
    expect(warnings(a)).toEqual([]);
  });

  it('drops a connection that answers, but does not bring back the own heartbeats', async () => {
    const network = new FakeNetwork();
    const transport = network.create();
    transport.echoes = true;
    const broker = new FleetBroker(transport, { heartbeatMs: 20, probeTimeoutMs: 100 });
    const events: BrokerEvent[] = [];
    await broker.start({ onMessage() {}, onEvent: (event) => events.push(event) });
    nodes.push({ broker, transport, payloads: [], events });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(broker.status).toBe('connected');
    transport.isDeaf = true;
    await until('the loss to be noticed', () => broker.status === 'connecting');
    await until('further attempts', () => transport.resets > 2);
    // It stays away instead of coming back for the time of a probe.
    const changes = events.filter(({ type }) => type === 'status');
    expect(changes).toHaveLength(3);
    expect(warnings(nodes.at(-1)!)).toEqual([]);
    transport.isDeaf = false;
    await until('the connection', () => broker.status === 'connected');
    expect(interruptions(nodes.at(-1)!)).toHaveLength(1);
  });

  it('reports one failure per cause while it cannot connect, and again in the next outage', async () => {
    const transport = new FakeNetwork().create();
    transport.cut();
    const broker = new FleetBroker(transport);
    const events: BrokerEvent[] = [];
    const node = { broker, transport, payloads: [], events };
    nodes.push(node);
    void broker.start({ onMessage() {}, onEvent: (event) => events.push(event) });
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const unanswered = Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' });
    const denied = new Error('WRONGPASS');
    for (let attempt = 0; attempt < 50; attempt++) {
      for (const error of [refused, denied, unanswered]) transport.failAttempt(error);
    }
    expect(warnings(node)).toEqual([
      expect.stringMatching(/^The fake broker at fake:.* cannot be used \(connect ECONNREFUSED\)/),
      expect.stringMatching(/^The fake broker at fake:.* cannot be used \(WRONGPASS\)/),
    ]);
    transport.restore();
    await until('the connection', () => broker.status === 'connected');
    transport.cut();
    for (const error of [refused, denied, denied]) transport.failAttempt(error);
    // The loss itself was a change of status.
    expect(warnings(node)).toHaveLength(3);
  });

  it('F8: close() ends in time, with a warning, over a transport that never closes', async () => {
    const a = await createNode(new FakeNetwork());
    a.transport.closes = false;
    const startedAt = performance.now();
    await a.broker.close({ timeoutMs: 100 });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(a.broker.status).toBe('closed');
    expect(warnings(a)[0]).toContain('did not close within 100 ms');
  });

  it('says of a message that timed out whether it may have been delivered', async () => {
    const a = await createNode(new FakeNetwork(), { timeoutMs: 50, heartbeatMs: 60_000 });
    a.transport.isResponsive = false;
    await expect(a.broker.publish('x', '1')).rejects.toMatchObject({ maybeSent: true });
    a.transport.cut();
    await expect(a.broker.publish('x', '2')).rejects.toMatchObject({ maybeSent: false });
  });

  it('does not announce a publish that was never sent as lost', async () => {
    const network = new FakeNetwork();
    const [a, b] = [await createNode(network, { timeoutMs: 50 }), await createNode(network)];
    await b.broker.subscribe('x');
    await a.broker.publish('x', '1');
    a.transport.cut();
    await expect(a.broker.publish('x', '2')).rejects.toThrow('it was not sent');
    a.transport.restore();
    await until('the connection', () => a.broker.status === 'connected');
    await a.broker.publish('x', '3');
    await until('both messages', () => b.payloads.length === 2);
    expect(interruptions(b)).toEqual([]);
  });

  it('notices that it could not hear a node for a while, though nothing was published', async () => {
    const network = new FakeNetwork();
    const [a, b] = [await createNode(network), await createNode(network)];
    const beats = () => a.transport.sent;
    await until('heartbeats', () => beats() > 3);
    b.transport.toDrop = 2;
    await until('the announcement', () => interruptions(b).length > 0);
    expect(interruptions(b)[0]).toMatchObject({
      channel: undefined,
      node: a.broker.node,
      reason: 'node-unheard',
    });
  });

  it('announces the first messages of a channel, lost before any of it arrived', async () => {
    vi.useFakeTimers();
    const network = new FakeNetwork();
    const [a, b] = [await createNode(network), await createNode(network)];
    await b.broker.subscribe('x');
    // Later than the assumed longest way of a message, so that it cannot predate the subscription.
    await vi.advanceTimersByTimeAsync(1_300);
    b.transport.toDrop = 1;
    const at = Date.now();
    await a.broker.publish('x', 'lost');
    await vi.waitUntil(() => interruptions(b).length > 0);
    const [{ since, until: end }] = interruptions(b) as [BrokerInterruptionEvent];
    expect(since).toBeLessThanOrEqual(at);
    expect(end).toBeGreaterThanOrEqual(at);
  });

  it('lets a listener that publishes when connected not overtake what waits', async () => {
    const network = new FakeNetwork();
    const b = await createNode(network);
    await b.broker.subscribe('x');
    const transport = network.create();
    const broker = new FleetBroker(transport, { heartbeatMs: 60_000 });
    transport.cut();
    void broker.start({
      onMessage() {},
      onEvent: (event) => {
        if (event.type === 'status' && event.to === 'connected') void broker.publish('x', 'later');
      },
    });
    const sent = broker.publish('x', 'first');
    transport.restore();
    await sent;
    await until('both', () => b.payloads.length === 2);
    expect(b.payloads).toEqual(['first', 'later']);
    await broker.close();
  });

  it('survives listeners that throw and things that are no messages, and warns', async () => {
    const network = new FakeNetwork();
    const a = await createNode(network);
    const transport = network.create();
    const broker = new FleetBroker(transport, { heartbeatMs: 60_000 });
    const messages: string[] = [];
    await broker.start({
      onMessage() {
        throw new Error('listener');
      },
      onEvent: (event) => {
        if (event.type === 'warning') messages.push(event.error.message);
      },
    });
    await broker.subscribe('x');
    await a.broker.publish('x', '1');
    transport.take('x', new Uint8Array(3));
    transport.take('x', new Uint8Array(100));
    expect(messages).toEqual([
      'onMessage must not throw',
      expect.stringContaining('Received something on channel "x"'),
    ]);
    await broker.close();
  });

  it('rejects start() when closed before the first connection', async () => {
    const transport = new FakeNetwork().create();
    transport.cut();
    const broker = new FleetBroker(transport);
    const started = broker.start({ onMessage() {}, onEvent() {} });
    await Promise.all([
      expect(started).rejects.toMatchObject({ reason: 'closed' }),
      broker.close(),
    ]);
  });

  it.each([
    ['heartbeatMs', 0, 'a number of milliseconds from 1 to 2147483647'],
    ['timeoutMs', '5', 'a number of milliseconds from 1 to 2147483647'],
    ['closeTimeoutMs', -1, 'a number of milliseconds from 0 to 2147483647'],
    ['maxQueuedBytes', Number.NaN, 'a whole number of bytes, 1 or more'],
    ['maxQueuedMessages', 1.5, 'a whole number of messages, 1 or more'],
  ])('refuses the option %s: %s', (name, value, expected) => {
    const create = () => new FleetBroker(new FakeNetwork().create(), { [name]: value });
    expect(create).toThrow(`The ${name} option of the broker is`);
    expect(create).toThrow(`it must be ${expected}`);
  });

  it('refuses unknown options, and takes null for the default', () => {
    const create = (options: object) => new FleetBroker(new FakeNetwork().create(), options);
    expect(() => create({ hearbeatMs: 5 })).toThrow(
      'Unknown option hearbeatMs of the broker; did you mean heartbeatMs?',
    );
    expect(create({ heartbeatMs: null }).status).toBe('idle');
  });
});

describe('an envelope', () => {
  it('of another version, or cut short, is none', () => {
    expect(decodeEnvelope(new Uint8Array(33))).toBeUndefined();
    const future = new Uint8Array(40);
    future[0] = 0x20;
    expect(decodeEnvelope(future)).toBeUndefined();
    const extended = new Uint8Array(40);
    extended[0] = 0x10;
    extended[33] = 7;
    expect(decodeEnvelope(extended)).toBeUndefined();
    extended[33] = 5;
    expect(decodeEnvelope(extended)).toMatchObject({ kind: 0, payload: '\0' });
  });

  it('has extensions that earlier versions skip, and skips those of later ones', () => {
    const link = { sequence: 1, previous: 0, previousAgeMs: 0 };
    const node = 'n'.repeat(16);
    const data = encodeEnvelope(0, node, link, 'grüße', 'somebody');
    expect(decodeEnvelope(data)).toMatchObject({ payload: 'grüße', except: 'somebody', node });
    // All that the first version knows of them is how many bytes they are.
    expect(data.toString('utf8', 34 + data[33]!)).toBe('grüße');
    const [plain, extension] = [
      encodeEnvelope(0, node, link, 'x'),
      data.subarray(34, 34 + data[33]!),
    ];
    const unknown = Buffer.of(9, 3, 1, 2, 3);
    const both = Buffer.concat([plain.subarray(0, 34), unknown, extension, plain.subarray(34)]);
    both[33] = unknown.length + extension.length;
    expect(decodeEnvelope(both)).toMatchObject({ payload: 'x', except: 'somebody' });
    // One that claims to be longer than all of them says nothing.
    both[35] = 200;
    expect(decodeEnvelope(both)).toMatchObject({ payload: 'x', except: undefined });
  });
});
