import { connect, createServer } from 'node:net';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { HubLog } from '../src/hub/hub-log.js';
import { Lanes } from '../src/hub/lanes.js';
import { WorkerConnection } from '../src/hub/worker-connection.js';
import { FieldReader } from '../src/wire/field-reader.js';
import { frameKinds, LENGTH_BYTES } from '../src/wire/frame-kinds.js';
import { FrameWriter } from '../src/wire/frame-writer.js';
import { startHub, startNode } from './support/node.js';
import { RawWorker } from './support/raw-worker.js';

const policy = (frame: FrameWriter, size: number) =>
  frame.number(size).number(1).number(1).number(1);

function append(size: number, confirmed = 0, envelope = Buffer.alloc(0)): FrameWriter {
  const frame = new FrameWriter(frameKinds.append).uint32(confirmed).key('cx').key('');
  return policy(frame, size).bytes(envelope);
}

/** What a worker may send instead of a frame, and what the hub says of it. */
const garbage: [title: string, bytes: Buffer, complaint: string][] = [
  ['no length', Buffer.from([0, 0, 0, 0, 0]), 'a frame of 4 bytes'],
  ['an endless length', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'a frame of 1195725860 bytes'],
  ['an unknown kind', Buffer.from([0, 0, 0, 1, 99]), 'a frame of kind 99'],
  ['a second greeting', Buffer.from([0, 0, 0, 1, frameKinds.hello]), 'a frame of kind 1'],
  ['a message that ends early', Buffer.from([0, 0, 0, 3, 2, 9, 9]), 'a frame of kind 2 that ends'],
  ['a log without a bound', append(Number.NaN).finish(), 'a log of NaN publications'],
  ['a log of too much', append(10_001).finish(), 'a log of 10001 publications'],
  ['answers confirmed that it never got', append(10, 1).finish(), 'a worker that confirms more'],
  [
    'a policy that ends early',
    Buffer.from([0, 0, 0, 5, 9, 0, 2, 99, 120]),
    'a frame of kind 9 that',
  ],
];

describe('what a worker sends harms nobody else', () => {
  it.each(garbage)('%s', async (_title, bytes, complaint) => {
    const { hub, warnings } = await startHub();
    const [a, b] = [await startNode({ path: hub.path }), await startNode({ path: hub.path })];
    await b.broker.subscribe('news');
    const hostile = (await RawWorker.open(hub.path)).greet();
    await until('the welcome', () => hostile.frames.length === 1);
    hostile.send(bytes);
    await until('the end of its connection', () => hostile.isClosed);
    expect(warnings).toEqual([
      expect.stringContaining(
        `It has ended the connection of a test, because it sent ${complaint}`,
      ),
    ]);
    await a.broker.publish('news', 'still here');
    await until('the message', () => b.messages.length === 1);
    expect(hub.stats()).toMatchObject({ workers: 2, cutOff: 1 });
    for (const { broker } of [a, b]) expect(broker.stats().interruptions).toBe(0);
  });

  it('an append that is no publication is refused, and its worker goes on', async () => {
    const { hub, warnings } = await startHub();
    const worker = (await RawWorker.open(hub.path)).greet();
    worker.send(append(10, 0, Buffer.from('no envelope')));
    worker.send(new FrameWriter(frameKinds.probe));
    await until('the answers', () => worker.frames.length === 3);
    expect(worker.frames.map((frame) => frame[LENGTH_BYTES])).toEqual([
      frameKinds.welcome,
      frameKinds.refused,
      frameKinds.done,
    ]);
    expect(warnings).toEqual([]);
    expect(hub.stats().log.channels).toBe(0);
  });
});

describe('a stranger', () => {
  it('that says nothing is ended', async () => {
    const ended: (string | undefined)[] = [];
    const server = createServer((socket) => {
      new WorkerConnection(socket, {
        lanes: new Lanes(),
        log: new HubLog(undefined),
        maxQueuedBytes: 1,
        helloTimeoutMs: 20,
        onHello: () => {
          throw new Error('nobody said hello');
        },
        onEnd: (_connection, failure) => ended.push(failure),
        onDelivered: () => {},
      });
    });
    const path = `${process.env.TMPDIR ?? '/tmp'}/asyngular-silent-${process.pid}.sock`;
    server.listen(path);
    onCleanup(() => server.close());
    const socket = connect({ path });
    onCleanup(() => socket.destroy());
    await until('its end', () => ended.length === 1);
    expect(ended).toEqual(['it did not say who it is']);
  });

  it('that begins with anything but a greeting is ended', async () => {
    const { hub, warnings } = await startHub();
    const stranger = await RawWorker.open(hub.path);
    stranger.send(new FrameWriter(frameKinds.probe));
    await until('its end', () => stranger.isClosed);
    expect(warnings).toEqual([
      expect.stringContaining('a stranger, because it sent something else than a greeting'),
    ]);
  });

  it('of another version is told what to do', async () => {
    const { hub } = await startHub();
    const worker = (await RawWorker.open(hub.path)).greet({ version: 9 });
    await until('its end', () => worker.isClosed);
    expect(new FieldReader(worker.frames[0]!).bytes().toString()).toBe(
      'The hub speaks version 1 and this worker 9; restart the primary process, so that both have the same @asyngular/broker-local',
    );
    expect(hub.stats()).toMatchObject({ workers: 0, cutOff: 0 });
  });

  it('that comes as the 1,025th is refused', async () => {
    const { hub, warnings } = await startHub();
    const workers: RawWorker[] = [];
    // Not all at once: the system holds back only so many that the hub has not taken.
    while (workers.length < 1_024) {
      const opened = await Promise.all(Array.from({ length: 64 }, () => RawWorker.open(hub.path)));
      for (const worker of opened) workers.push(worker.greet({ id: `${workers.length}` }));
      await until('the hub to know them', () => hub.stats().workers === workers.length);
    }
    const last = await RawWorker.open(hub.path);
    await until('its end', () => last.isClosed);
    expect(workers.some(({ isClosed }) => isClosed)).toBe(false);
    expect(warnings).toEqual([
      `The hub at ${hub.path}: It has 1024 connections and refused another one`,
    ]);
  });
});

it('a worker that comes back is the same one: what its older connection sends is not heard', async () => {
  const { hub, warnings } = await startHub();
  const older = (await RawWorker.open(hub.path)).greet({ id: 'worker 1' });
  await until('the welcome', () => older.frames.length === 1);
  const newer = (await RawWorker.open(hub.path)).greet({ id: 'worker 1' });
  await until('the end of the older one', () => older.isClosed);
  await until('the welcome', () => newer.frames.length === 1);
  expect(hub.stats()).toMatchObject({ workers: 1, cutOff: 0 });
  expect(warnings).toEqual([]);
});
