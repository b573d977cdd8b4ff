import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerEvent } from '@asyngular/broker';
import { startJetStream, startNats } from '@asyngular/test-utils/nats';
import type { Service } from '@asyngular/test-utils/service';
import { until } from '@asyngular/test-utils/wait';
import { afterEach, describe, expect, it } from 'vitest';
import { type NatsBrokerOptions, natsBroker } from '../src/index.js';
import { LogNode, newPrefix, policy } from './support/log-node.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(config = '', directory?: string): Promise<Service> {
  const service = await startJetStream(config, directory);
  cleanups.push(() => service.stop());
  return service;
}

async function open(...parameters: Parameters<typeof LogNode.open>): Promise<LogNode> {
  const node = await LogNode.open(...parameters);
  cleanups.push(() => node.close());
  return node;
}

/** A started broker, and what it reports. */
function start(options: NatsBrokerOptions, keepsLogs = true) {
  const broker = natsBroker({ reconnectTimeWait: 50, ...options });
  const events: BrokerEvent[] = [];
  const started = broker.start({
    onMessage: () => {},
    onEvent: (event) => events.push(event),
    onEntry: () => {},
    ...(keepsLogs ? { policyOf: () => ({ ...policy, size: 1_000 }) } : {}),
  });
  cleanups.push(() => broker.close());
  const warnings = () =>
    events.flatMap((event) => (event.type === 'warning' ? [event.error.message] : []));
  return { broker, log: broker.log!, events, warnings, started: Promise.resolve(started) };
}

describe('a JetStream server that', () => {
  it('forgets everything when it restarts: no position is reached any more', async () => {
    const service = await serve();
    const a = await open('a', service.port, newPrefix());
    await a.log.follow(['x']);
    const { position } = await a.append('x', 'one');
    const quiet = await a.top('quiet');
    await service.kill();
    await until('the loss', () => !a.isConnected);
    await service.start();
    await a.connected();
    await a.log.follow(['x']);
    for (const old of [position, quiet]) {
      expect(await a.after(old === quiet ? 'quiet' : 'x', old)).toMatchObject({ reached: false });
    }
    const next = await a.append('x', 'two');
    expect(next.position.epoch).not.toBe(position.epoch);
    expect((await a.newest('x')).texts).toEqual(['two']);
    await until('it live', () => a.live('x').includes('two'));
  });

  it('is killed under load loses nothing that was acknowledged, with files', {
    timeout: 120_000,
  }, async () => {
    const service = await serve();
    const options = { port: service.port, subjectPrefix: newPrefix(), timeoutMs: 30_000 };
    const nodes = [0, 1].map(() => start({ ...options, log: { storage: 'file' } }));
    await Promise.all(nodes.map(({ started }) => started));
    const channels = Array.from({ length: 10 }, (_, index) => `room ${index}`);
    const [first] = await Promise.all(
      channels.map((channel) => nodes[0]!.log.append(channel, 'first')),
    );
    const acknowledged = channels.map(() => new Set(['first']));
    let isOver = false;
    const publishers = nodes.flatMap(({ log }, node) =>
      channels.map(async (channel, index) => {
        for (let count = 0; !isOver && count < 400; count++) {
          await log.append(channel, `${node}.${count}`);
          acknowledged[index]!.add(`${node}.${count}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }),
    );
    await until('some to be acknowledged', () => acknowledged.every((set) => set.size > 20));
    await service.kill();
    await service.start();
    await until('all of them to be back', () =>
      nodes.every(({ broker }) => broker.status === 'connected'),
    );
    isOver = true;
    await Promise.all(publishers);
    for (const [index, channel] of channels.entries()) {
      const options = { limit: 1_000, maxBytes: 1_000_000 };
      const { entries, top } = await nodes[1]!.log.read(channel, options);
      const payloads = entries.map(({ payload }) => String(payload));
      expect(new Set(payloads).size).toBe(payloads.length);
      expect(new Set(payloads)).toEqual(acknowledged[index]);
      for (const node of ['0.', '1.']) {
        const counts = payloads
          .filter((it) => it.startsWith(node))
          .map((it) => Number(it.slice(2)));
        expect(counts).toEqual(counts.toSorted((x, y) => x - y));
      }
      expect(top.epoch).toBe(first!.position.epoch);
    }
  });

  it('lost its newest publications gives their offsets to others, and positions tell', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'asyngular-jetstream-'));
    cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
    const files = join(directory, 'now');
    const service = await serve('', files);
    const a = await open('a', service.port, newPrefix(), { storage: 'file' });
    const kept = await a.append('x', 'kept');
    await service.kill();
    cpSync(files, join(directory, 'before'), { recursive: true });
    await service.start();
    await until('the reconnect', () => a.losses.length > 0 && a.isConnected);
    const lost = await a.append('x', 'lost');
    const quiet = await a.top('quiet');
    await service.kill();
    rmSync(files, { recursive: true });
    cpSync(join(directory, 'before'), files, { recursive: true });
    await service.start();
    await until('the next reconnect', () => a.losses.length > 1 && a.isConnected);
    const again = await a.append('x', 'again');
    expect(again.position).toMatchObject({
      epoch: lost.position.epoch,
      offset: lost.position.offset,
    });
    expect(await a.after('x', lost.position)).toMatchObject({ texts: [], reached: false });
    expect(await a.after('x', kept.position)).toMatchObject({ texts: ['again'], reached: true });
    expect(quiet.epoch).toBe(kept.position.epoch);
  });

  it('loses a stream while connected is connected anew, and the stream is made anew', async () => {
    const service = await serve();
    const prefix = newPrefix();
    const a = await open('a', service.port, prefix);
    const { log, started, events } = start({ port: service.port, subjectPrefix: prefix });
    await started;
    await log.follow('x');
    const { position } = await log.append('x', 'one');
    await a.service(`STREAM.DELETE.${prefix}-log-1000`);
    const next = await log.append('x', 'two');
    expect(next.position.epoch).not.toBe(position.epoch);
    await until('the interruption', () => events.some(({ type }) => type === 'interruption'));
    const options = { limit: 10, maxBytes: 1_000 };
    expect(await log.read('x', { ...options, after: position })).toMatchObject({ reached: false });
    const { entries } = await log.read('x', options);
    expect(entries.map(({ payload }) => payload)).toEqual(['two']);
  });

  it('has room for no more refuses what is new, and keeps what is old', async () => {
    const service = await serve();
    const a = await open('a', service.port, newPrefix(), { maxBytes: 10_000 });
    const text = 'x'.repeat(1_000);
    for (let count = 0; count < 8; count++) await a.append(`room ${count}`, text);
    const full = Promise.all([1, 2].map((count) => a.append(`more ${count}`, text)));
    await expect(full).rejects.toThrow(/maximum bytes exceeded.*raise `maxBytes`/);
    expect((await a.newest('room 0')).texts).toEqual([text]);
  });
});

describe('a deployment with other options', () => {
  it('raises what a stream keeps, and every position stays good', async () => {
    const service = await serve();
    const prefix = newPrefix();
    const a = await open('a', service.port, prefix);
    const { position } = await a.append('x', 'one', undefined, { size: 5 });
    const b = await open('b', service.port, prefix);
    await b.append('x', 'two', undefined, { size: 8, ttlMs: 900_000 });
    expect(await a.after('x', position, 10, { size: 5 })).toMatchObject({ texts: ['two'] });
    const { config } = await a.service(`STREAM.INFO.${prefix}-log-10`);
    expect(config).toMatchObject({ max_msgs_per_subject: 9, max_age: 1_800_000_000_000 });
    await a.append('x', 'three', undefined, { size: 5 });
    const after = await a.service(`STREAM.INFO.${prefix}-log-10`);
    expect(after.config).toEqual(config);
  });

  it('warns of what cannot be changed', async () => {
    const service = await serve();
    const prefix = newPrefix();
    const a = await open('a', service.port, prefix);
    const first = await a.append('x', 'one');
    const b = await open('b', service.port, prefix, { storage: 'file' });
    expect((await b.append('x', 'two')).position.epoch).toBe(first.position.epoch);
    expect(b.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/is kept in memory, not in file.*Remove the stream/),
    ]);
  });

  it('refuses a stream that is not ours', async () => {
    const service = await serve();
    const prefix = newPrefix();
    const a = await open('a', service.port, prefix);
    const name = `${prefix}-log-10`;
    await a.service(`STREAM.CREATE.${name}`, { name, subjects: [`${prefix}.log.10.>`] });
    await expect(a.append('x', 'one')).rejects.toThrow(/cannot hold logs: its discard is old/);
    await a.service(`STREAM.DELETE.${name}`);
    await a.service('STREAM.CREATE.other', { name: 'other', subjects: [`${prefix}.log.>`] });
    await expect(a.append('x', 'one')).rejects.toThrow(/subjects overlap.*remove the other stream/);
  });

  it('warns when another server puts a channel into another stream', async () => {
    const service = await serve();
    const prefix = newPrefix();
    const [a, b] = [await open('a', service.port, prefix), await open('b', service.port, prefix)];
    await a.log.follow(['x']);
    await a.top('x');
    await a.top('y', { size: 500 });
    await b.append('x', 'one', undefined, { size: 500 });
    await until('the warning', () => a.warnings.length === 1);
    expect(a.warnings[0]!.message).toContain('-log-1000, this one does not');
    expect(a.entries).toEqual([]);
  });
});

describe('natsBroker() without what logs need', () => {
  it('is not connected without JetStream, and says what to do', async () => {
    const service = await startNats();
    cleanups.push(() => service.stop());
    const plain = start({ port: service.port }, false);
    await plain.started;
    const { broker, started, warnings } = start({ port: service.port });
    started.catch(() => {});
    await until('the warning', () => warnings().length > 0);
    expect(warnings()[0]).toContain('start it with -js, or configure no history');
    expect(broker.status).toBe('connecting');
  });

  it('names the permissions that are missing', async () => {
    const users = (publish: string) =>
      `authorization { users = [{ user: u, password: p, permissions: { publish: [${publish}], subscribe: [">"] } }] }`;
    const options = { user: 'u', pass: 'p', subjectPrefix: 'p' };
    const without = await serve(users('"p.>"'));
    const { started, warnings } = start({ ...options, port: without.port });
    started.catch(() => {});
    await until('the warning', () => warnings().some((it) => it.includes('logs need permission')));
    const half = await serve(users('"p.n", "$JS.API.>"'));
    const node = start({ ...options, port: half.port });
    await node.started;
    await expect(node.log.append('x', 'one')).rejects.toMatchObject({
      reason: 'refused',
      message: expect.stringContaining('logs need permission to publish on $JS.API.> and p.log.>'),
    });
  });
});

describe('many channels', () => {
  it('of which 1,000 are followed, appended to and compared', { timeout: 120_000 }, async () => {
    const service = await serve();
    const prefix = newPrefix();
    const [a, b] = [await open('a', service.port, prefix), await open('b', service.port, prefix)];
    const channels = Array.from({ length: 1_000 }, (_, index) => `room ${index}`);
    await b.log.follow(channels);
    await b.top('room 0');
    const appended = await Promise.all(channels.map((channel) => a.append(channel, channel)));
    await until('every live entry', () => b.entries.length === 1_000);
    for (let from = 0; from < 1_000; from += 100) {
      const part = channels.slice(from, from + 100);
      const tops = await b.log.tops(part.map((channel) => ({ channel, policy })));
      expect(part.map((channel) => tops.get(channel))).toEqual(
        appended.slice(from, from + 100).map(({ position }) => position),
      );
    }
    expect(await a.streamState(prefix, 10)).toMatchObject({ messages: 1_000, consumer_count: 0 });
  });
});
