import { FakeNetwork, type FakeTransport } from '@asyngular/test-utils/fake-network';
import { rejection, until } from '@asyngular/test-utils/wait';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeEnvelope, encodeEnvelope, envelopeKinds } from '../src/envelope.js';
import type { FleetLog } from '../src/fleet-log.js';
import type { BrokerEvent, FleetOptions, LiveEntry, LogPolicy } from '../src/index.js';
import { FleetBroker } from '../src/transport.js';
import { FakeLogTransport } from './support/fake-log-transport.js';

interface Node {
  broker: FleetBroker;
  log: FleetLog;
  transport: FakeTransport;
  service: FakeLogTransport;
  entries: [channel: string, entry: LiveEntry][];
  events: BrokerEvent[];
}

const POLICY: LogPolicy = { size: 10, ttlMs: 1_000, maxBytes: 1_000, idempotencyWindowMs: 1_000 };

const nodes: Node[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(({ broker }) => broker.close({ timeoutMs: 0 })));
});

async function createNode(options: FleetOptions = {}): Promise<Node> {
  const service = new FakeLogTransport();
  const transport = new FakeNetwork().create(service);
  const broker = new FleetBroker(transport, { heartbeatMs: 60_000, ...options });
  const node: Node = {
    broker,
    log: broker.log as FleetLog,
    transport,
    service,
    entries: [],
    events: [],
  };
  nodes.push(node);
  await broker.start({
    onMessage() {},
    onEntry: (channel, entry) => node.entries.push([channel, entry]),
    onEvent: (event) => node.events.push(event),
    policyOf: (channel) => (channel.startsWith('plain') ? undefined : POLICY),
  });
  return node;
}

async function reconnect({ transport, service, broker }: Node): Promise<void> {
  transport.cut();
  service.loseAnswers();
  transport.restore();
  await until('the connection', () => broker.status === 'connected');
}

const position = (offset: number) => ({ epoch: 'e', offset, tag: offset });
const payloads = ({ service }: Node) =>
  service.appends.map(({ data }) => decodeEnvelope(data)?.payload);
const envelopeOf = (payload: string) =>
  encodeEnvelope(
    envelopeKinds.text,
    'n'.repeat(16),
    { sequence: 1, previous: 0, previousAgeMs: 0 },
    payload,
  );

describe('appending to a log of a service', () => {
  it('sends one append of a channel at a time unless the service takes more, and those of others beside it', async () => {
    const node = await createNode();
    const results = ['x', 'x', 'y'].map((channel, index) =>
      node.log.append(channel, String(index), { id: `id-${index}` }),
    );
    expect(payloads(node)).toEqual(['0', '2']);
    expect(node.broker.stats()).toMatchObject({ queuedMessages: 3, queuedBytes: 3 });
    node.service.appends[0]!.resolve({ position: position(1), duplicate: false });
    await until('the second append', () => node.service.appends.length === 3);
    expect(payloads(node)).toEqual(['0', '2', '1']);
    expect(node.service.appends.map(({ id }) => id)).toEqual(['id-0', 'id-2', 'id-1']);
    node.service.appends[1]!.resolve({ position: position(7), duplicate: true });
    node.service.appends[2]!.resolve({ position: position(2), duplicate: false });
    expect(await Promise.all(results)).toEqual([
      { position: position(1), duplicate: false },
      { position: position(2), duplicate: false },
      { position: position(7), duplicate: true },
    ]);
    expect(node.log.stats()).toMatchObject({ appended: 2, duplicates: 1 });
  });

  it('sends as many together as the service takes, in order, and fails one without the others', async () => {
    const node = await createNode();
    node.service.mostInFlight = 3;
    const results = ['0', '1', '2', '3', '4'].map((payload) => node.log.append('x', payload));
    expect(payloads(node)).toEqual(['0', '1', '2']);
    expect(node.service.appends.map(({ oldest }) => oldest)).toEqual(
      Array.from({ length: 3 }, () => node.service.appends[0]!.data),
    );
    node.service.appends[1]!.reject(new Error('OOM'));
    expect(await rejection(results[1]!)).toMatchObject({ reason: 'refused', maybeSent: false });
    expect(payloads(node)).toEqual(['0', '1', '2', '3']);
    node.service.appends[0]!.resolve({ position: position(1), duplicate: false });
    await results[0];
    await until('the last append', () => node.service.appends.length === 5);
    expect(node.service.appends[4]!.oldest).toBe(node.service.appends[2]!.data);
    await reconnect(node);
    expect(payloads(node).slice(5)).toEqual(['2', '3', '4']);
    for (const [index, { resolve }] of node.service.appends.slice(5).entries()) {
      resolve({ position: position(index + 2), duplicate: false });
    }
    await Promise.all(results.slice(2));
  });

  it('does not send again what was not taken once something behind it is in the log', async () => {
    const node = await createNode();
    node.service.mostInFlight = 3;
    const results = ['0', '1', '2'].map((payload) => node.log.append('x', payload));
    const away = Object.assign(new Error('no leader'), { isTemporary: true });
    node.service.appends[0]!.reject(away);
    node.service.appends[2]!.reject(away);
    node.service.appends[1]!.resolve({ position: position(1), duplicate: false });
    expect(await rejection(results[0]!)).toMatchObject({ reason: 'refused', maybeSent: true });
    await until('another attempt', () => node.service.appends.length === 4);
    expect(payloads(node)).toEqual(['0', '1', '2', '2']);
    node.service.appends[3]!.resolve({ position: position(2), duplicate: false });
    expect((await results[2])?.position).toEqual(position(2));
  });

  it('sends the same envelope again after a reconnect, before what waits behind it', async () => {
    const node = await createNode();
    const results = ['0', '1'].map((payload) => node.log.append('x', payload));
    const [first] = node.service.appends;
    await reconnect(node);
    expect(payloads(node)).toEqual(['0', '0']);
    expect(node.service.appends[1]!.data).toBe(first!.data);
    node.service.appends[1]!.resolve({ position: position(1), duplicate: false });
    await results[0];
    await until('the second append', () => node.service.appends.length === 3);
    node.service.appends[2]!.resolve({ position: position(2), duplicate: false });
    expect((await results[1])?.position).toEqual(position(2));
  });

  it('does not take an answer of an old connection for the order of the new one', async () => {
    const node = await createNode();
    const results = ['0', '1', '2'].map((payload) => node.log.append('x', payload));
    const [first] = node.service.appends;
    node.transport.cut();
    node.transport.restore();
    await until('the repeat', () => node.service.appends.length === 2);
    first!.resolve({ position: position(1), duplicate: false });
    await results[0];
    expect(payloads(node)).toEqual(['0', '0']);
    node.service.appends[1]!.resolve({ position: position(1), duplicate: false });
    await until('the next append', () => node.service.appends.length === 3);
    expect(payloads(node)).toEqual(['0', '0', '1']);
    await node.broker.close({ timeoutMs: 0 });
    expect(await rejection(results[1]!)).toMatchObject({ reason: 'closed', maybeSent: true });
    expect(await rejection(results[2]!)).toMatchObject({ reason: 'closed', maybeSent: false });
  });

  it('says whether a refused append may be in the log, and goes on with the next', async () => {
    const node = await createNode();
    const results = ['0', '1'].map((payload) => node.log.append('x', payload));
    node.service.appends[0]!.reject(new Error('OOM'));
    expect(await rejection(results[0]!)).toMatchObject({ reason: 'refused', maybeSent: false });
    await until('the second append', () => node.service.appends.length === 2);
    await reconnect(node);
    node.service.appends[2]!.reject(new Error('OOM'));
    const error = await rejection(results[1]!);
    expect(error).toMatchObject({ reason: 'refused', maybeSent: true });
    // Clients get the text alone.
    expect(error.message).toMatch(/OOM; it may have been delivered$/);
  });

  it('drops what its publisher left behind, and sends what waits behind that', async () => {
    const node = await createNode();
    const origin = { isClosed: false };
    const results = ['0', '1', '2'].map((payload, index) =>
      node.log.append('x', payload, index === 1 ? { origin } : {}),
    );
    origin.isClosed = true;
    node.service.appends[0]!.resolve({ position: position(1), duplicate: false });
    expect(await rejection(results[1]!)).toMatchObject({ reason: 'abandoned', maybeSent: false });
    expect(payloads(node)).toEqual(['0', '2']);
    node.service.appends[1]!.resolve({ position: position(2), duplicate: false });
    await results[2];
  });

  it('is bounded in number and time', async () => {
    const node = await createNode({ maxQueuedMessages: 2, timeoutMs: 50 });
    const results = ['0', '1', '2'].map((payload) => node.log.append('x', payload));
    const reasons = await Promise.all(results.map((result) => rejection(result)));
    expect(reasons).toMatchObject([
      { reason: 'timeout', maybeSent: true },
      { reason: 'timeout', maybeSent: false },
      { reason: 'queue-full' },
    ]);
    expect(node.broker.stats()).toMatchObject({ queuedMessages: 0, queuedBytes: 0 });
  });

  it('refuses channels without history, and brokers that do not run', async () => {
    const { log, broker } = await createNode();
    for (const call of [log.append('plain', '1'), log.read('plain', { limit: 1, maxBytes: 1 })]) {
      expect(await rejection(call)).toMatchObject({ reason: 'refused' });
    }
    await broker.close();
    for (const call of [log.append('x', '1'), log.tops(['x']), log.follow('x')]) {
      expect(await rejection(Promise.resolve(call))).toMatchObject({ reason: 'closed' });
    }
  });
});

describe('following a log of a service', () => {
  it('asks again on a new connection, before the broker is connected', async () => {
    const node = await createNode();
    await node.log.follow('x');
    await node.log.follow('y');
    await node.log.unfollow('x');
    expect(node.service).toMatchObject({ followed: [['x'], ['y']], unfollowed: ['x'] });
    node.transport.cut();
    const waits = node.log.follow('z');
    node.transport.restore();
    await until('the connection', () => node.broker.status === 'connected');
    expect(node.service.followed.slice(2)).toEqual([['y', 'z']]);
    await waits;
  });

  it('hands over entries of followed channels only', async () => {
    const node = await createNode();
    await node.log.follow('x');
    const data = envelopeOf('1');
    for (const channel of ['x', 'y']) {
      node.transport.takeEntry(channel, { position: position(1), previous: 0, data });
    }
    await node.log.unfollow('x');
    node.transport.takeEntry('x', { position: position(2), previous: 1, data });
    expect(node.entries).toEqual([['x', { position: position(1), previous: 0, payload: '1' }]]);
  });

  it('leaves unreadable entries out, with one warning, and without the look of a loss', async () => {
    const node = await createNode();
    await node.log.follow('x');
    const data = envelopeOf('1');
    const unreadable = Buffer.from('no envelope');
    for (const [offset, data_] of [data, unreadable, unreadable, data, data].entries()) {
      node.transport.takeEntry('x', {
        position: position(offset + 1),
        previous: offset,
        data: data_,
      });
    }
    expect(node.entries.map(([, entry]) => [entry.position.offset, entry.previous])).toEqual([
      [1, 0],
      [4, 1],
      [5, 4],
    ]);
    expect(node.events.filter(({ type }) => type === 'warning')).toHaveLength(1);
  });
});

describe('asking a log of a service', () => {
  it('waits for a connection, and asks again when the answer was lost', async () => {
    const node = await createNode();
    node.transport.cut();
    const page = node.log.read('x', { limit: 10, maxBytes: 100 });
    expect(node.service.reads).toHaveLength(0);
    node.transport.restore();
    await until('the question', () => node.service.reads.length === 1);
    await reconnect(node);
    const entries = [{ position: position(1), data: envelopeOf('1') }];
    const answer = { entries, top: position(1), reached: true, hasMore: false };
    node.service.reads[1]!.resolve(answer);
    expect(await page).toEqual({ ...answer, entries: [{ position: position(1), payload: '1' }] });
  });

  it('reads on behind a page of unreadable entries', async () => {
    const node = await createNode();
    const after = position(1);
    const page = node.log.read('x', { after, limit: 2, maxBytes: 100 });
    const unreadable = [2, 3].map((offset) => ({
      position: position(offset),
      data: Buffer.from('x'),
    }));
    const answer = { entries: unreadable, top: position(4), reached: true, hasMore: true };
    node.service.reads[0]!.resolve(answer);
    await until('the next read', () => node.service.reads.length === 2);
    expect(node.service.reads[1]!.options.after).toEqual(position(3));
    const entries = [{ position: position(4), data: envelopeOf('4') }];
    node.service.reads[1]!.resolve({ ...answer, entries, hasMore: false });
    expect((await page).entries).toEqual([{ position: position(4), payload: '4' }]);
  });

  it('asks for the ends of a hundred logs at a time', async () => {
    const node = await createNode();
    const channels = Array.from({ length: 150 }, (_, index) => `c${index}`);
    const answer = node.log.tops(channels);
    for (const [round, count] of [100, 50].entries()) {
      await until('a question', () => node.service.topsAsked.length === round + 1);
      const asked = node.service.topsAsked[round]!;
      expect(asked.channels).toHaveLength(count);
      asked.resolve(new Map(asked.channels.map((channel) => [channel, position(round)])));
    }
    expect([...(await answer).keys()]).toEqual(channels);
  });

  it('asks again when the service could not answer for the time being', async () => {
    const node = await createNode();
    const tops = node.log.tops(['x']);
    node.service.topsAsked[0]!.reject(Object.assign(new Error('no leader'), { isTemporary: true }));
    await until('the question again', () => node.service.topsAsked.length === 2);
    node.service.topsAsked[1]!.resolve(new Map([['x', position(1)]]));
    expect((await tops).get('x')).toEqual(position(1));
  });

  it('says in the end why the service could not answer, if it said so', async () => {
    const node = await createNode({ timeoutMs: 50 });
    const [refused, unanswered] = [node.log.tops(['x']), node.log.tops(['x'])];
    const marks = [{ isTemporary: true }, { isTemporary: true, isUnanswered: true }];
    for (const [index, mark] of marks.entries()) {
      node.service.topsAsked[index]!.reject(Object.assign(new Error('no leader'), mark));
    }
    const [first, second] = await Promise.all([rejection(refused), rejection(unanswered)]);
    expect(first).toMatchObject({
      reason: 'refused',
      message: 'The broker refused where logs end for 50 ms: no leader',
    });
    expect(second).toMatchObject({ reason: 'timeout' });
  });

  it('gives up after its time, and when the service refuses', async () => {
    const node = await createNode({ timeoutMs: 50, maxQueuedMessages: 1 });
    const read = node.log.read('x', { limit: 1, maxBytes: 1 });
    const tops = node.log.tops(['x']);
    expect(await rejection(tops)).toMatchObject({ reason: 'queue-full' });
    expect(await rejection(read)).toMatchObject({ reason: 'timeout' });
    const refused = node.log.tops(['x']);
    node.service.topsAsked[0]!.reject(new Error('NOPERM'));
    expect(await rejection(refused)).toMatchObject({ reason: 'refused' });
  });
});
