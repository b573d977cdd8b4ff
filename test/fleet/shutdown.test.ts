import { startNats } from '@asyngular/test-utils/nats';
import { startRedis } from '@asyngular/test-utils/redis';
import type { Service } from '@asyngular/test-utils/service';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { until } from '@asyngular/test-utils/wait';
import { afterEach, describe, expect, it } from 'vitest';
import { type BrokerKind, ServerProcess } from './support/server-process.js';

// A server whose broker is in a bad way is asked to leave. Its process must end by itself, which it does
// only when neither a timer nor a socket is left.

/** The server's `closeTimeout`, and what its process takes to end on a busy machine. */
const LIMIT_MS = 2_000 + 3_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Scene {
  service: Service;
  proxy: TcpProxy;
  isAway(): Promise<boolean>;
}

const troubles: Record<string, (scene: Scene) => Promise<void>> = {
  'is frozen (SIGSTOP)': async ({ service }) => service.signal('SIGSTOP'),
  'accepts connections and says nothing': async ({ proxy, isAway }) => {
    proxy.stall();
    await until('the loss to be noticed', isAway);
  },
  'refuses connections': async ({ service, isAway }) => {
    await service.kill();
    await until('the loss to be noticed', isAway);
  },
};

describe.each(['nats', 'redis'] as BrokerKind[])(
  'F8, R3, R10: a server whose %s broker',
  (kind) => {
    const cases = Object.entries(troubles).flatMap(([name, trouble]) =>
      (['close', 'drain'] as const).map((how) => ({ name, trouble, how })),
    );
    it.each(cases)('$name ends after $how()', async ({ trouble, how }) => {
      const service = await (kind === 'nats' ? startNats() : startRedis());
      cleanups.push(() => service.stop());
      const proxy = await TcpProxy.start(service.port);
      cleanups.push(() => proxy.stop());
      const server = await ServerProcess.create(kind, proxy.port);
      await server.start();
      cleanups.push(() => server.kill());
      await trouble({ service, proxy, isAway: async () => !(await server.health()).isReady });
      const startedAt = performance.now();
      expect(await server.leave(how)).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
    });
  },
);
