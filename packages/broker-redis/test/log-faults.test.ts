import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { startRedis } from '@asyngular/test-utils/redis';
import type { Service } from '@asyngular/test-utils/service';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { pause, rejection, until } from '@asyngular/test-utils/wait';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { LogNode } from './support/log-node.js';

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function startService(options: string[] = []): Promise<{ service: Service; admin: Redis }> {
  const service = await startRedis(options);
  const admin = new Redis(service.port);
  admin.on('error', () => {});
  cleanUp.push(
    () => service.stop(),
    () => admin.disconnect(),
  );
  return { service, admin };
}

async function startNode({ port }: { readonly port: number }, policy = {}): Promise<LogNode> {
  const options = { url: `redis://127.0.0.1:${port}`, timeoutMs: 15_000 };
  const node = await LogNode.start(options, { size: 10_000, ...policy });
  cleanUp.push(() => node.broker.close({ timeoutMs: 500 }));
  return node;
}

/** Ends the service like a power cut, and starts it again. */
async function restart(service: Service, ...nodes: LogNode[]): Promise<void> {
  await service.kill();
  for (const { broker } of nodes) {
    await until('the loss to be noticed', () => broker.status === 'connecting');
  }
  await service.start();
  await Promise.all(nodes.map((node) => node.connected()));
}

describe('logs on a Redis server that fails', { timeout: 120_000 }, () => {
  it('a full memory refuses appends with the reason, and leaves no half entry', async () => {
    const { service, admin } = await startService();
    const node = await startNode(service);
    await node.log.follow('x');
    const first = await node.append('x', '1');
    await admin.config('SET', 'maxmemory', '1');
    for (const channel of ['x', 'unborn']) {
      const error = await rejection(node.append(channel, '2', 'an id'));
      expect(error).toMatchObject({ reason: 'refused', maybeSent: false });
      expect(error.message).toContain('OOM');
    }
    expect(await node.read('x', first)).toMatchObject({ reached: true, top: first });
    await admin.config('SET', 'maxmemory', '0');
    expect(await admin.keys('*unborn*')).toEqual([]);
    expect(await node.append('x', '2', 'an id')).toMatchObject({ epoch: first.epoch, offset: 2 });
    await until('the live entries', () => node.entries.length === 2);
    expect(node.live('x')).toEqual(['1', '2']);
  });

  it('a server that comes back empty begins new logs', async () => {
    const { service } = await startService();
    const node = await startNode(service);
    await node.log.follow('x');
    const before = await node.append('x', '1');
    await restart(service, node);
    expect((await node.read('x', before)).reached).toBe(false);
    const after = await node.append('x', '2');
    expect(after.epoch).not.toBe(before.epoch);
    await until('the live entry', () => node.live('x').includes('2'));
  });

  it('kill -9 under load loses nothing that was acknowledged, and repeats nothing', async () => {
    const { service } = await startService(DURABLE);
    // More than can be appended meanwhile: nothing is trimmed.
    const policy = { size: 1_000_000, maxBytes: 100_000_000 };
    const nodes = [await startNode(service, policy), await startNode(service, policy)];
    const acknowledged: string[] = [];
    let isOver = false;
    const publish = async (node: LogNode, name: string) => {
      for (let index = 0; !isOver; index++) {
        await node.append('x', `${name} ${index}`);
        acknowledged.push(`${name} ${index}`);
      }
    };
    const work = nodes.flatMap((node, index) =>
      ['p', 'q'].map((name) => publish(node, `${name}${index}`)),
    );
    for (let round = 0; round < 2; round++) {
      await pause(200);
      await restart(service, ...nodes);
    }
    isOver = true;
    await Promise.all(work);
    const payloads = await nodes[0]!.payloads('x');
    expect(new Set(payloads).size).toBe(payloads.length);
    expect(payloads).toHaveLength(acknowledged.length);
    for (const name of ['p0', 'q0', 'p1', 'q1']) {
      const own = payloads.filter((payload) => String(payload).startsWith(name));
      expect(own).toEqual(own.map((_, index) => `${name} ${index}`));
    }
  });

  it('knows all that was under way when the connection was lost, trimmed or not', async () => {
    const { service } = await startService();
    const proxy = await TcpProxy.start(service.port);
    cleanUp.push(() => proxy.stop());
    const [node, other] = [
      await startNode(proxy, { size: 1 }),
      await startNode(service, { size: 10_000 }),
    ];
    await other.log.follow('x');
    await node.append('x', 'first');
    for (let round = 0; round < 5; round++) {
      const names = Array.from({ length: 20 }, (_, index) => `${round} ${index}`);
      const appended = Promise.all(names.map((name) => node.append('x', name)));
      // At some time between the first command and the last answer.
      await new Promise((resolve) => setTimeout(resolve, round));
      proxy.cut();
      proxy.restore();
      const positions = await appended;
      expect(positions.map(({ offset }) => offset)).toEqual(
        names.map((_, index) => 2 + round * 20 + index),
      );
      await node.connected();
    }
    await until('all live entries', () => other.entries.length >= 101);
    expect(new Set(other.live('x')).size).toBe(101);
  });

  it('does not take what was given out again for what the last second had', async () => {
    const { service, admin } = await startService(DURABLE);
    const node = await startNode(service);
    const kept = await node.append('x', 'kept');
    const [, directory] = (await admin.config('GET', 'dir')) as string[];
    const file = join(directory!, 'appendonlydir', 'appendonly.aof.1.incr.aof');
    const { size } = statSync(file);
    const lost = [await node.append('x', 'lost 1'), await node.append('x', 'lost 2')];
    await service.kill();
    await until('the loss to be noticed', () => node.broker.status === 'connecting');
    // In the middle of a transaction, as a crash leaves it.
    truncateSync(file, size + 20);
    await service.start();
    await node.connected();
    expect(await node.top('x')).toEqual(kept);
    const again = [await node.append('x', 'new 1'), await node.append('x', 'new 2')];
    expect(again.map(({ epoch, offset }) => [epoch, offset])).toEqual(
      lost.map(({ epoch, offset }) => [epoch, offset]),
    );
    for (const position of lost) expect((await node.read('x', position)).reached).toBe(false);
    const { reached, entries } = await node.read('x', kept);
    expect([reached, entries.map(({ payload }) => payload)]).toEqual([true, ['new 1', 'new 2']]);
  });

  it('warns of a policy that deletes logs', async () => {
    const { service } = await startService(['--maxmemory-policy', 'allkeys-lru']);
    const node = await startNode(service);
    await node.append('x', '1');
    await until('the warning', () => node.warnings().length > 0);
    expect(node.warnings()).toEqual([expect.stringContaining('is allkeys-lru')]);
  });
});

describe('a Redis server that is demoted', { timeout: 120_000 }, () => {
  it('is noticed although PING is answered and heartbeats come back, and appends wait', async () => {
    const [{ service, admin }, other] = [await startService(), await startService()];
    const node = await startNode(service);
    await node.log.follow('x');
    await node.append('x', '1');
    await admin.replicaof('127.0.0.1', other.service.port);
    const waiting = node.append('x', '2');
    await until('the demotion to be noticed', () => node.broker.status === 'connecting');
    await until('the warning', () =>
      node.warnings().some((text) => text.includes('it is a replica')),
    );
    expect(await admin.ping()).toBe('PONG');
    await admin.replicaof('NO', 'ONE');
    await waiting;
    await node.connected();
    expect((await node.payloads('x')).at(-1)).toBe('2');
  });
});
