import { rejection, until } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { LogNode } from './support/log-node.js';
import { RedisWithNodes } from './support/redis-with-nodes.js';

/** As the README lists them. */
const PERMISSIONS =
  '+publish +spublish +subscribe +unsubscribe +ssubscribe +sunsubscribe +ping +info +client +evalsha +script|load +hmget +hset +hlen +hgetall +hdel +get +set +del +xadd +xrange +xrevrange +xtrim +pexpire'.split(
    ' ',
  );

const redis = new RedisWithNodes();

/** Appends `count` payloads at once; resolves when all are in the log. */
function appendMany(node: LogNode, channel: string, count: number, name = ''): Promise<unknown> {
  const payloads = Array.from({ length: count }, (_, index) => `${name}${index}`);
  return Promise.all(payloads.map((payload) => node.append(channel, payload)));
}

describe('a log on Redis', () => {
  it('gives all servers one order, which keeps that of each publisher', async () => {
    const [a, b] = [await redis.start({ size: 1_000 }), await redis.start({ size: 1_000 })];
    await Promise.all([a.log.follow('x'), b.log.follow('x')]);
    await Promise.all(
      [a, b].flatMap((node) => [appendMany(node, 'x', 100, 'p'), appendMany(node, 'x', 100, 'q')]),
    );
    const payloads = await a.payloads('x');
    expect(payloads).toHaveLength(400);
    await until('all live entries', () => a.entries.length === 400 && b.entries.length === 400);
    expect(a.live('x')).toEqual(payloads);
    expect(b.live('x')).toEqual(payloads);
    expect(a.entries.map(({ entry }) => entry.previous)).toEqual(
      Array.from({ length: 400 }, (_, index) => index),
    );
  });

  it('keeps names that would make an empty hash tag, and any others, in one slot and apart', async () => {
    const node = await redis.start();
    const channels = ['}', '}x', '%7D', '{}', '', 'ü', '\ud800', 'a:b', 'c:a', 'x}y{z'];
    for (const [index, channel] of channels.entries()) await node.append(channel, `${index}`);
    for (const [index, channel] of channels.entries()) {
      expect(await node.payloads(channel)).toEqual([`${index}`]);
    }
    for (const key of await redis.admin.keys('*')) expect(key).toMatch(/^asyngular:\{[^}]+\}:\w+$/);
  });

  it('lets nothing stay for ever', async () => {
    const node = await redis.start({ ttlMs: 1_000, idempotencyWindowMs: 2_000 });
    await node.append('x', '1', 'an id');
    await node.read('only read');
    await node.top('only asked for');
    const left = new Map<string, number>();
    for (const key of await redis.admin.keys('*')) {
      const name = key.replace(/^.*\}:/, '');
      left.set(name, Math.max(await redis.admin.pttl(key), left.get(name) ?? 0));
    }
    expect([...left.keys()].sort()).toEqual(['id:an id', 'meta', 'stream']);
    for (const [name, mostMs] of Object.entries({
      stream: 1_000,
      'id:an id': 2_000,
      meta: 86_400_000,
    })) {
      expect(left.get(name)).toBeGreaterThan(0);
      expect(left.get(name)).toBeLessThanOrEqual(mostMs);
    }
  });

  it('remembers a log at least twice as long as its publications', async () => {
    const node = await redis.start({ ttlMs: 100_000_000 });
    await node.append('x', '1');
    const [meta] = await redis.admin.keys('*:meta');
    expect(await redis.admin.pttl(meta!)).toBeGreaterThan(190_000_000);
  });

  it('begins a new log when everything was flushed, and says so to whoever was in the old one', async () => {
    const node = await redis.start();
    const before = await node.append('x', '1');
    await redis.admin.flushall();
    expect(await node.read('x', before)).toMatchObject({ reached: false, entries: [] });
    const after = await node.append('x', '2');
    expect(after.epoch).not.toBe(before.epoch);
    expect(after.offset).toBe(1);
    expect(await node.payloads('x')).toEqual(['2']);
  });

  it('never mixes two logs when only one of its keys is lost', async () => {
    const node = await redis.start();
    const first = await node.append('x', '1');
    await redis.admin.del(...(await redis.admin.keys('*:meta')));
    const top = await node.top('x');
    expect(top).toMatchObject({ offset: 0, tag: 0 });
    expect(await node.payloads('x')).toEqual([]);
    expect((await node.read('x', first)).reached).toBe(false);
    const second = await node.append('x', '2');
    await redis.admin.del(...(await redis.admin.keys('*:stream')));
    const third = await node.append('x', '3');
    expect(third).toMatchObject({ epoch: second.epoch, offset: 2 });
    expect((await node.read('x', second)).reached).toBe(false);
    expect((await node.read('x', top)).reached).toBe(false);
    expect((await node.read('x', third)).reached).toBe(true);
  });

  it('keeps within its bytes, whatever was trimmed by number before', async () => {
    const node = await redis.start({ size: 50, maxBytes: 1_000 });
    for (let index = 0; index < 400; index++) await node.append('x', 'y'.repeat(10));
    expect(await node.payloads('x')).toHaveLength(50);
    for (let index = 0; index < 30; index++) await node.append('x', 'z'.repeat(100));
    expect(await node.payloads('x')).toHaveLength(10);
    expect(await redis.admin.xlen((await redis.admin.keys('*:stream'))[0]!)).toBe(10);
  });

  it('loses nothing and repeats nothing when the scripts are flushed in the middle of load', async () => {
    const [a, b] = [await redis.start({ size: 10_000 }), await redis.start({ size: 10_000 })];
    await b.log.follow('x');
    const names = ['x', 'y', 'z'];
    const work = names.flatMap((name) =>
      [a, b].map((node, index) => appendMany(node, name, 300, `${index} `)),
    );
    for (let round = 0; round < 5; round++) await redis.admin.script('FLUSH');
    await Promise.all(work);
    for (const name of names) {
      const payloads = await a.payloads(name);
      for (const publisher of ['0 ', '1 ']) {
        expect(payloads.filter((payload) => String(payload).startsWith(publisher))).toEqual(
          Array.from({ length: 300 }, (_, index) => `${publisher}${index}`),
        );
      }
      expect(payloads).toHaveLength(600);
    }
    const reasons = [...a.events, ...b.events].flatMap((event) =>
      event.type === 'status' ? [event.reason] : [],
    );
    expect(reasons.some((reason) => reason.includes('forgotten the scripts'))).toBe(true);
    expect([...a.events, ...b.events].filter(({ type }) => type === 'interruption')).toEqual([]);
    await until(
      'all live entries',
      () => b.live('x').length === 600,
      () => b.live('x').length,
    );
  });

  it('remembers the last 256 publishing servers of a log, and not more', async () => {
    const node = await redis.start();
    await node.append('x', '1');
    const [meta] = await redis.admin.keys('*:meta');
    const others = Array.from({ length: 300 }, (_, index) => [
      `n:other-${index}`,
      `7:${index + 2}`,
    ]);
    await redis.admin.hset(meta!, ...others.flat());
    await redis.admin.hset(meta!, 'top', '400-1');
    const late = await redis.start();
    await late.append('x', '2');
    const fields = Object.keys(await redis.admin.hgetall(meta!)).filter((field) =>
      field.startsWith('n:'),
    );
    expect(fields).toHaveLength(302 - 128);
    expect(fields).toContain(`n:${late.broker.node}`);
    expect(fields).toContain('n:other-299');
    expect(fields).not.toContain(`n:${node.broker.node}`);
  });

  it('warns of entries that others put there, and goes on', async () => {
    const node = await redis.start();
    await node.log.follow('x');
    await node.append('x', '1');
    const [meta, stream] = ['meta', 'stream'].map((name) => `asyngular:{c:x}:${name}`);
    await redis.admin.xadd(stream!, '2-7', 'd', 'no envelope', 'b', '1');
    await redis.admin.hset(meta!, 'top', '2-7');
    await redis.admin.publish('asyngular:{c:x}:live', 'nonsense');
    const { epoch } = await node.top('x');
    await redis.admin.publish('asyngular:{c:x}:live', `${epoch}:2-7 11\nno envelope`);
    await node.append('x', '3');
    await until('both live entries', () => node.entries.length === 2);
    expect(node.entries[1]!.entry).toMatchObject({
      payload: '3',
      previous: 1,
      position: { offset: 3 },
    });
    expect(await node.payloads('x')).toEqual(['1', '3']);
    expect(node.warnings()).toEqual([expect.stringContaining('is not a message of this version')]);
  });

  it('needs the permissions that the README lists, and is kept when it may not announce', async () => {
    const rules = [
      'on',
      '>secret',
      'resetchannels',
      ...PERMISSIONS,
      '~asyngular:*',
      '&asyngular:*',
    ];
    await redis.admin.acl('SETUSER', 'log', ...rules);
    await redis.admin.acl('SETUSER', 'mute', ...rules, 'resetchannels', '&asyngular:n');
    const [log, mute] = await Promise.all(
      ['log', 'mute'].map(async (user) => {
        return redis.start({ maxBytes: 100 }, { url: redis.urlFor(user) });
      }),
    );
    await log!.log.follow('x');
    for (const id of ['1', '2', '3']) await log!.append('x', 'y'.repeat(50), id);
    expect((await log!.read('x', await log!.top('x'))).reached).toBe(true);
    await until('the live entries', () => log!.entries.length === 3);
    expect(log!.warnings()).toEqual([]);
    expect(await mute!.append('x', 'unheard')).toMatchObject({ offset: 4 });
    expect(await log!.payloads('x')).toContain('unheard');
    await mute!.append('x', 'unheard, too');
    expect(mute!.warnings()).toEqual([expect.stringContaining('Redis did not announce it (')]);
  });

  it('is refused, and no reason to connect again, when its scripts may not be loaded', async () => {
    const rules = ['on', '>secret', ...PERMISSIONS, '~asyngular:*', '&asyngular:*'];
    await redis.admin.script('FLUSH');
    await redis.admin.acl('SETUSER', 'late', ...rules, '-script|load');
    const node = await redis.start({}, { url: redis.urlFor('late') });
    const error = await rejection(node.append('x', '1'));
    expect(error).toMatchObject({ reason: 'refused' });
    expect(error.message).toContain('NOPERM');
    expect(node.broker.status).toBe('connected');
    await redis.admin.acl('SETUSER', 'late', '+script|load');
    expect(await node.append('x', '2')).toMatchObject({ offset: 1 });
    expect(node.events.filter(({ type }) => type === 'status')).toHaveLength(2);
  });

  it('names what Redis refuses', async () => {
    const node = await redis.start();
    await redis.admin.set('asyngular:{c:x}:meta', 'in the way');
    const error = await rejection(node.append('x', '1'));
    expect(error).toMatchObject({
      code: 'ERR_BROKER_UNAVAILABLE',
      reason: 'refused',
      maybeSent: false,
    });
    expect(error.message).toContain('WRONGTYPE');
    expect(await rejection(node.read('x'))).toMatchObject({ reason: 'refused' });
  });
});
