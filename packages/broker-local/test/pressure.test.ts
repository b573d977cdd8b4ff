import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { until } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { frameKinds } from '../src/wire/frame-kinds.js';
import { FrameWriter } from '../src/wire/frame-writer.js';
import { startHub, startNode } from './support/node.js';
import { RawWorker } from './support/raw-worker.js';

const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of all buffers that something holds. */
function usedByBuffers(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

async function startLink(path: string): Promise<TcpProxy> {
  const link = await TcpProxy.start(path);
  onCleanup(() => link.stop());
  return link;
}

describe('a worker that reads too slowly', () => {
  it('is cut off at maxQueuedBytes, comes back, and says what it may have missed', async () => {
    const { hub, warnings } = await startHub({ maxQueuedBytes: MIB });
    const link = await startLink(hub.path);
    const publisher = await startNode({ path: hub.path });
    const quick = await startNode({ path: hub.path });
    // Patient probes, so that it is the hub which ends it.
    const slow = await startNode({ path: String(link.address), probeTimeoutMs: 20_000 });
    for (const { broker } of [quick, slow]) await broker.subscribe('news');
    link.stopReading();
    const before = Date.now();
    let most = 0;
    let sent = 0;
    while (hub.stats().cutOff === 0) {
      await publisher.broker.publish('news', 'x'.repeat(64 * 1024));
      sent++;
      await until('the quick one to have it', () => quick.messages.length === sent);
      most = Math.max(most, hub.stats().queuedBytes);
    }
    link.resumeReading();
    await until('the interruption', () => slow.broker.stats().interruptions > 0);
    expect(slow.events.find(({ type }) => type === 'interruption')).toMatchObject({
      channel: undefined,
      reason: 'reconnected',
    });
    const [interruption] = slow.events.filter((event) => event.type === 'interruption');
    expect(interruption!.since).toBeLessThanOrEqual(before);
    await publisher.broker.publish('news', 'last');
    await until('the last one', () => slow.messages.at(-1)?.message.payload === 'last');
    await until('all of them', () => quick.messages.length === sent + 1);
    expect(warnings).toEqual([
      expect.stringMatching(
        /It has ended the connection of process \d+, because it reads too slowly: \d+ bytes wait for it, and maxQueuedBytes is 1048576$/,
      ),
    ]);
    // One message more than the limit may wait.
    expect(most).toBeLessThan(2 * MIB);
  });

  it('keeps nothing in memory but what waits for it', async () => {
    const { hub } = await startHub();
    const slow = (await RawWorker.open(hub.path)).greet();
    slow.send(new FrameWriter(frameKinds.subscribe).key('crare'));
    await until('its subscription', () => slow.count(frameKinds.done) === 1);
    slow.socket.pause();
    const { broker } = await startNode({ path: hub.path });
    const padding = 'x'.repeat(60 * 1024);
    // Fills the buffers of the system.
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => broker.publish('rare', padding)));
    const before = usedByBuffers();
    const ROUNDS = 600;
    for (let round = 0; round < ROUNDS; round++) {
      // What nobody wants, and a little of what the slow one does, in one read of the hub.
      await Promise.all([broker.publish('busy', padding), broker.publish('rare', 'little')]);
    }
    // If each kept alive what it came with, it would never be that little. Buffers are freed some time after the rest.
    const kept = () => usedByBuffers() - before;
    await until('memory to be free', () => kept() < (ROUNDS * padding.length) / 4, kept);
    expect(hub.stats().queuedBytes).toBeGreaterThan(ROUNDS * 40);
  });

  it('gets no more answers than it reads: the hub takes its next requests later', async () => {
    const { hub, warnings } = await startHub();
    const { broker } = await startNode({ path: hub.path });
    await broker.log!.append('page', 'x'.repeat(512 * 1024));
    const reader = (await RawWorker.open(hub.path)).greet();
    await until('the welcome', () => reader.frames.length === 1);
    reader.socket.pause();
    const page = new FrameWriter(frameKinds.read).key('cpage');
    page.number(1_000).number(60_000).number(MIB).number(1).number(1).number(MIB).uint8(0);
    const READS = 200;
    reader.send(Buffer.concat(Array(READS).fill(page.finish())));
    await broker.log!.append('page', 'another');
    await until('answers to wait', () => hub.stats().queuedBytes > MIB);
    expect(hub.stats().queuedBytes).toBeLessThan(3 * MIB);
    // The others are served meanwhile.
    await broker.publish('news', 'x');
    reader.socket.resume();
    await until('all answers', () => reader.count(frameKinds.answer) === READS);
    expect(warnings).toEqual([]);
  });
});

describe('full sockets', () => {
  it('let megabytes pass each other both ways', async () => {
    const { hub, warnings } = await startHub({ maxQueuedBytes: 64 * MIB });
    const options = { path: hub.path, maxQueuedBytes: 64 * MIB };
    const [a, b] = [await startNode(options), await startNode(options)];
    const payload = 'x'.repeat(5 * MIB);
    for (const { broker } of [a, b]) await broker.subscribe('large');
    await Promise.all(
      [a, b].flatMap(({ broker }) => [1, 2, 3].map(() => broker.publish('large', payload))),
    );
    for (const { messages } of [a, b]) {
      await until('three large messages', () => messages.length === 3);
      expect(messages.every(({ message }) => message.payload === payload)).toBe(true);
    }
    expect(warnings).toEqual([]);
  });

  it('refuse a message that no frame can hold, and go on', async () => {
    const { hub } = await startHub();
    const { broker } = await startNode({ path: hub.path, maxQueuedBytes: 128 * MIB });
    await expect(broker.publish('huge', 'x'.repeat(48 * MIB))).rejects.toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('it is too large (50331694 bytes with its header'),
    });
    await broker.publish('huge', 'small');
    expect(broker.stats().interruptions).toBe(0);
  });
});

it('a flood of one worker is slowed at its source, and the others get all of theirs', async () => {
  const { hub, warnings } = await startHub();
  const [flooding, a, b] = await Promise.all(
    [1, 2, 3].map(() => startNode({ path: hub.path, heartbeatMs: 2_000, timeoutMs: 60_000 })),
  );
  await b!.broker.subscribe('flood');
  await b!.broker.subscribe('news');
  const outcomes = await Promise.all(
    Array.from({ length: 30_000 }, (_, index) =>
      Promise.resolve(flooding!.broker.publish('flood', `${index} ${'x'.repeat(200)}`)).then(
        () => 'accepted',
        ({ reason }) => reason as string,
      ),
    ),
  );
  for (let index = 0; index < 20; index++) {
    await flooding!.broker.publish('flood', 'more');
    await a!.broker.publish('news', String(index));
  }
  await until('the news', () => {
    const news = b!.messages.filter(({ channel }) => channel === 'news');
    return news.length === 20;
  });
  const accepted = outcomes.filter((outcome) => outcome === 'accepted').length;
  // The queue of its broker, which takes 10,000.
  expect(accepted).toBeGreaterThanOrEqual(10_000);
  expect(new Set(outcomes)).toEqual(new Set(['accepted', 'queue-full']));
  await until('what was accepted', () => b!.messages.length === accepted + 40);
  expect(warnings).toEqual([]);
});

it('an append whose answer was lost is sent again, and is in the log once', async () => {
  const { hub } = await startHub();
  const link = await startLink(hub.path);
  const a = await startNode({ path: String(link.address), probeTimeoutMs: 20_000 });
  const b = await startNode({ path: hub.path });
  await b.broker.log!.follow('log');
  await a.broker.log!.append('log', 'first');
  link.stopReading();
  const sent = Array.from({ length: 50 }, (_, index) => a.broker.log!.append('log', `${index}`));
  await until('them to be in the log', () => b.entries.length === 51);
  link.cut();
  await until('the cut to be noticed', () => a.broker.status === 'connecting');
  sent.push(a.broker.log!.append('log', 'last'));
  link.restore();
  const appended = await Promise.all(sent);
  await until('the last one', () => b.entries.length === 52);
  const { entries } = await b.broker.log!.read('log', { limit: 100, maxBytes: MIB });
  expect(entries.map(({ payload }) => payload)).toEqual([
    'first',
    ...Array.from({ length: 50 }, (_, index) => `${index}`),
    'last',
  ]);
  expect(appended.map(({ position }) => position.offset)).toEqual(
    Array.from({ length: 51 }, (_, index) => index + 2),
  );
  expect(appended.some(({ duplicate }) => duplicate)).toBe(false);
});
