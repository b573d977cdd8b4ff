import { startJetStream } from '@asyngular/test-utils/nats';
import type { Service } from '@asyngular/test-utils/service';
import { until } from '@asyngular/test-utils/wait';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LogNode, newPrefix } from './support/log-node.js';

let service: Service;
const nodes: LogNode[] = [];

beforeAll(async () => {
  service = await startJetStream();
});
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.close()));
});
afterAll(() => service?.stop());

async function open(name: string, prefix: string): Promise<LogNode> {
  const node = await LogNode.open(name, service.port, prefix);
  nodes.push(node);
  return node;
}

describe('the log on JetStream', () => {
  it('gives two publishers one order, and each its own publications live', async () => {
    const prefix = newPrefix();
    const [a, b] = [await open('a', prefix), await open('b', prefix)];
    await Promise.all([a.log.follow(['room']), b.log.follow(['room'])]);
    const top = await a.top('room');
    await b.top('room');
    for (let index = 0; index < 50; index++) {
      await Promise.all([a.append('room', `a${index}`), b.append('room', `b${index}`)]);
    }
    await until('100 live entries at each', () => a.entries.length + b.entries.length === 200);
    expect(a.live('room')).toEqual(b.live('room'));
    expect(a.live('room').filter((text) => text.startsWith('a'))).toEqual(
      Array.from({ length: 50 }, (_, index) => `a${index}`),
    );
    let previous = top.offset;
    for (const { entry } of a.entries) {
      expect(entry.previous).toBe(previous);
      previous = entry.position.offset;
    }
  });

  it('reads what follows a position, in pages, and proves that nothing is missing', async () => {
    const a = await open('a', newPrefix());
    const beginning = await a.top('x');
    const positions = [];
    for (let index = 0; index < 5; index++) {
      positions.push((await a.append('x', `x${index}`)).position);
      await a.append('y', 'other');
    }
    expect(await a.after('x', beginning)).toMatchObject({
      texts: ['x0', 'x1', 'x2', 'x3', 'x4'],
      reached: true,
      hasMore: false,
      top: positions[4],
    });
    expect(await a.after('x', positions[1]!, 2)).toMatchObject({
      texts: ['x2', 'x3'],
      reached: true,
      hasMore: true,
      top: positions[4],
    });
    expect(await a.after('x', positions[4]!)).toMatchObject({ texts: [], reached: true });
    const forged = { ...positions[1]!, tag: positions[1]!.tag ^ 1 };
    expect(await a.after('x', forged)).toMatchObject({ texts: [], reached: false });
    expect(await a.after('x', { ...positions[1]!, epoch: 'other' })).toMatchObject({
      texts: [],
      reached: false,
    });
    expect(await a.after('x', { ...positions[1]!, offset: 1_000_000 })).toMatchObject({
      reached: false,
    });
  });

  it('reads the newest ones, and those before a position', async () => {
    const a = await open('a', newPrefix());
    expect(await a.newest('x')).toMatchObject({ texts: [], reached: true, hasMore: false });
    const positions = [];
    for (let index = 0; index < 15; index++) {
      positions.push((await a.append('x', `x${index}`)).position);
    }
    expect(await a.newest('x', 3)).toMatchObject({
      texts: ['x12', 'x13', 'x14'],
      hasMore: true,
      top: positions[14],
    });
    expect(await a.newest('x', 100)).toMatchObject({
      texts: Array.from({ length: 10 }, (_, index) => `x${index + 5}`),
      hasMore: false,
    });
    expect(await a.newest('x', 3, positions[8])).toMatchObject({
      texts: ['x5', 'x6', 'x7'],
      reached: true,
      hasMore: false,
    });
    expect(await a.newest('x', 2, positions[8])).toMatchObject({
      texts: ['x6', 'x7'],
      hasMore: true,
    });
    expect(await a.newest('x', 3, { ...positions[8]!, tag: 1 })).toMatchObject({ reached: false });
    expect(await a.newest('x', 10, undefined, 80)).toMatchObject({ texts: ['x13', 'x14'] });
  });

  it('keeps `size` publications of a channel', async () => {
    const a = await open('a', newPrefix());
    const beginning = await a.top('x');
    const positions = [];
    for (let index = 0; index < 10; index++) {
      positions.push((await a.append('x', `x${index}`)).position);
    }
    expect((await a.after('x', beginning)).texts).toHaveLength(10);
    positions.push((await a.append('x', 'x10')).position);
    expect(await a.after('x', beginning)).toMatchObject({ reached: false });
    expect((await a.after('x', positions[0]!)).texts).toHaveLength(10);
    await a.append('x', 'x11');
    expect(await a.after('x', positions[0]!)).toMatchObject({ reached: false });
    expect((await a.after('x', positions[1]!)).texts).toHaveLength(10);
  });

  it('answers a second publication with the same id like the first', async () => {
    const prefix = newPrefix();
    const [a, b] = [await open('a', prefix), await open('b', prefix)];
    const first = await a.append('x', 'one', 'order 17\r\n');
    expect(first.duplicate).toBe(false);
    expect(await b.append('x', 'two', 'order 17\r\n')).toEqual({ ...first, duplicate: true });
    expect((await b.append('y', 'two', 'order 17\r\n')).duplicate).toBe(false);
    expect((await b.newest('x')).texts).toEqual(['one']);
  });

  it('does not store an envelope twice', async () => {
    const a = await open('a', newPrefix());
    const policy = { size: 10, ttlMs: 1_000, maxBytes: 1, idempotencyWindowMs: 0 };
    for (const id of [undefined, 'mine']) {
      const envelope = a.envelope(`with id ${id}`);
      const first = await a.appendEnvelope('x', envelope, id, policy);
      expect(await a.appendEnvelope('x', envelope, id, policy)).toEqual(first);
    }
    expect((await a.newest('x')).texts).toEqual(['with id undefined', 'with id mine']);
  });

  it('takes any channel name', async () => {
    const a = await open('a', newPrefix());
    const names = ['}', '', 'a b', 'a.b', '*', '>', 'ünï', 'x'.repeat(1_000), '😀'.repeat(400)];
    await a.log.follow(names);
    for (const name of names) await a.append(name, name.slice(0, 10));
    for (const name of names) expect((await a.newest(name)).texts).toEqual([name.slice(0, 10)]);
    await until('all of them live', () => a.entries.length === names.length);
    for (const name of names) expect(a.live(name)).toEqual([name.slice(0, 10)]);
  });
});
