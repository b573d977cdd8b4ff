import { startJetStream } from '@asyngular/test-utils/nats';
import type { Service } from '@asyngular/test-utils/service';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { until } from '@asyngular/test-utils/wait';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MAX_BATCH } from '../src/log/batch.js';
import type { NatsLogOptions } from '../src/log/stream-config.js';
import { LogNode, newPrefix, policy } from './support/log-node.js';

let service: Service;

beforeAll(async () => {
  service = await startJetStream();
});
afterAll(() => service?.stop());

interface NodeOptions {
  readonly name?: string;
  readonly port?: number;
  readonly log?: NatsLogOptions;
}

async function open(prefix: string, options: NodeOptions = {}): Promise<LogNode> {
  const { name = 'a', port = service.port, log } = options;
  const node = await LogNode.open(name, port, prefix, log);
  onTestFinished(() => node.close());
  return node;
}

const texts = (count: number, prefix = 'x') =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

const turnEnd = () => new Promise((resolve) => setImmediate(resolve));

/** Appended in one turn of the event loop. */
async function appendAll(node: LogNode, names: readonly string[], id?: (name: string) => string) {
  // The stream exists before, so that nothing waits for it.
  const appended = await Promise.all(names.map((name) => node.append('x', name, id?.(name))));
  return appended.map(({ position }) => position);
}

async function messages(node: LogNode, prefix: string): Promise<unknown> {
  return (await node.streamState(prefix, 10)).messages;
}

describe('publications of one turn', () => {
  it('are few messages of the stream, and come live one by one, each linked to the one before', async () => {
    const prefix = newPrefix();
    const [a, b] = [await open(prefix), await open(prefix, { name: 'b' })];
    await b.log.follow(['x']);
    const top = await b.top('x');
    const names = texts(MAX_BATCH + 4);
    const positions = await appendAll(a, names);
    expect(await messages(a, prefix)).toBe(2);
    await until('the live entries', () => b.entries.length >= names.length);
    expect(b.live('x')).toEqual(names);
    expect(b.entries.map(({ entry }) => entry.position)).toEqual(positions);
    const previous = [top, ...positions.slice(0, -1)].map(({ offset }) => offset);
    expect(b.entries.map(({ entry }) => entry.previous)).toEqual(previous);
    expect(await b.top('x')).toEqual(positions.at(-1));
  });

  it('are read from each place within a message, and up to each', async () => {
    const a = await open(newPrefix());
    const first = await a.top('x');
    const positions = [...(await appendAll(a, texts(3))), ...(await appendAll(a, texts(4, 'y')))];
    const names = [...texts(3), ...texts(4, 'y')];
    const top = positions.at(-1)!;
    for (const [index, after] of [first, ...positions].entries()) {
      expect(await a.after('x', after)).toMatchObject({ texts: names.slice(index), top });
      expect(await a.after('x', after, 2)).toMatchObject({
        texts: names.slice(index, index + 2),
        reached: true,
        hasMore: index + 2 < names.length,
        top,
      });
    }
    for (const [index, before] of positions.entries()) {
      expect(await a.newest('x', 2, before)).toMatchObject({
        texts: names.slice(Math.max(0, index - 2), index),
        reached: true,
        hasMore: index > 2,
      });
    }
    const bytes = 34 + 2;
    expect(await a.newest('x', 100, undefined, 2 * bytes)).toMatchObject({ texts: ['y2', 'y3'] });
    const forged = { ...positions[1]!, tag: positions[2]!.tag };
    expect(await a.after('x', forged)).toMatchObject({ texts: [], reached: false });
    expect(await a.newest('x', 2, forged)).toMatchObject({ texts: [], reached: false });
  });

  it('show no more than the size, and keep no less', async () => {
    const a = await open(newPrefix());
    const first = await a.top('x');
    const positions = await appendAll(a, texts(policy.size + 5));
    const names = texts(policy.size + 5);
    expect(await a.newest('x')).toMatchObject({ texts: names.slice(5), hasMore: false });
    expect(await a.newest('x', 3, positions[6])).toMatchObject({
      texts: names.slice(5, 6),
      hasMore: false,
    });
    // What is there beyond the size is no hole.
    expect(await a.after('x', first)).toMatchObject({ texts: names, reached: true });
    for (const name of texts(policy.size)) await a.append('x', name);
    expect((await a.after('x', positions.at(-1)!)).texts).toEqual(texts(policy.size));
    await a.append('x', 'one more');
    expect(await a.after('x', positions.at(-1)!)).toMatchObject({ reached: false });
  });

  it('are messages of their own with an id of the application', async () => {
    const prefix = newPrefix();
    const a = await open(prefix);
    await a.top('x');
    const named = await appendAll(a, texts(3), (name) => `id of ${name}`);
    expect(await messages(a, prefix)).toBe(3);
    const mixed = await Promise.all([
      a.append('x', 'before'),
      a.append('x', 'again', 'id of x1'),
      a.append('x', 'behind'),
    ]);
    expect(mixed.map(({ duplicate }) => duplicate)).toEqual([false, true, false]);
    expect(mixed[1].position).toEqual(named[1]);
    expect((await a.newest('x')).texts).toEqual([...texts(3), 'before', 'behind']);
  });

  it('share no message with what is large', async () => {
    const prefix = newPrefix();
    const a = await open(prefix);
    await a.top('x');
    const large = 'x'.repeat(60_000);
    await appendAll(a, ['one', large, large, 'two']);
    expect(await messages(a, prefix)).toBe(2);
    expect((await a.newest('x')).texts).toEqual(['one', large, large, 'two']);
  });
});

/** A node whose connection a test can hold and cut, another one, and a log of its own. */
async function openProxied(log: NatsLogOptions = {}) {
  const prefix = newPrefix();
  const proxy = await TcpProxy.start(service.port);
  onTestFinished(() => proxy.stop());
  const a = await open(prefix, { name: 'a', port: proxy.port, log });
  const b = await open(prefix, { name: 'b', log });
  await a.top('x');
  const append = (data: Uint8Array) => a.appendEnvelope('x', data);
  /** Until the stream has so many messages, of which the node has heard nothing yet. */
  const stored = (count: number) =>
    until(
      `${count} messages in the stream`,
      async () => (await messages(b, prefix)) === count,
      async () => `${await messages(b, prefix)} are`,
    );
  const cut = async () => {
    proxy.cut();
    proxy.restore();
    await until('the loss of the connection', () => a.losses.length > 0);
    await a.connected();
  };
  return { a, b, proxy, append, stored, cut };
}

it('finds a publication that is sent again without those that it left with', async () => {
  const { a, b, proxy, append, stored, cut } = await openProxied();
  const [one, two, three] = [a.envelope('one'), a.envelope('two'), a.envelope('three')];
  proxy.stopReading();
  const lost = Promise.allSettled([append(one), append(two)]);
  await stored(1);
  await cut();
  expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const again = await Promise.all([append(two), append(three)]);
  expect(again.map(({ duplicate }) => duplicate)).toEqual([false, false]);
  const { texts: found, entries } = await b.newest('x');
  expect(found).toEqual(['one', 'two', 'three']);
  expect(again.map(({ position }) => position)).toEqual(
    entries.slice(1).map(({ position }) => position),
  );
});

describe('a stream in files', () => {
  const log = { storage: 'file' } as const;

  it('gets one message of a channel at a time, with what has come up meanwhile', async () => {
    const { a, b, proxy, append, stored } = await openProxied(log);
    const names = texts(6);
    proxy.stopReading();
    const appended = [append(a.envelope(names[0]!))];
    await stored(1);
    for (const name of names.slice(1)) {
      appended.push(append(a.envelope(name)));
      await turnEnd();
    }
    const other = a.append('y', 'of another channel');
    await stored(2);
    proxy.resumeReading();
    const positions = (await Promise.all(appended)).map(({ position }) => position);
    await other;
    await stored(3);
    const { texts: found, entries } = await b.newest('x');
    expect(found).toEqual(names);
    expect(entries.map(({ position }) => position)).toEqual(positions);
  });

  it('gets again in their order what waited when the connection was lost', async () => {
    const { a, b, proxy, append, stored, cut } = await openProxied(log);
    const envelopes = texts(3).map((text) => a.envelope(text));
    proxy.stopReading();
    const lost = [];
    for (const envelope of envelopes) {
      lost.push(append(envelope));
      await turnEnd();
    }
    const outcomes = Promise.allSettled(lost);
    await stored(1);
    await cut();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { name: 'ConnectionLostError' } });
    }
    await Promise.all(envelopes.map(append));
    expect((await b.newest('x')).texts).toEqual(texts(3));
  });
});
