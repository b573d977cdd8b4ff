import { createServer } from 'node:net';
import { freePort, listenOn } from '@asyngular/test-utils/ports';
import { startProgram } from '@asyngular/test-utils/program';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { until } from '@asyngular/test-utils/wait';
import { afterEach, describe, expect, it } from 'vitest';
import { type BrokerService, startBrokerService } from './support/broker-service.js';
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
  service: BrokerService;
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

describe.each(['nats', 'redis', 'local'] as BrokerKind[])(
  'F8, R3, R10: a server whose %s broker',
  (kind) => {
    const cases = Object.entries(troubles).flatMap(([name, trouble]) =>
      (['close', 'drain'] as const).map((how) => ({ name, trouble, how })),
    );
    it.each(cases)('$name ends after $how()', async ({ trouble, how }) => {
      const service = await startBrokerService(kind);
      cleanups.push(() => service.stop());
      const proxy = await TcpProxy.start(service.address);
      cleanups.push(() => proxy.stop());
      const server = await ServerProcess.create(kind, proxy.address);
      await server.start();
      cleanups.push(() => server.kill());
      await trouble({ service, proxy, isAway: async () => !(await server.health()).isReady });
      const startedAt = performance.now();
      expect(await server.leave(how)).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
    });
  },
);

/** Addresses at which there is no broker. */
const nowhere: Record<string, () => Promise<string>> = {
  'refuses connections': async () => `127.0.0.1:${await freePort()}`,
  'accepts connections and says nothing': async () => {
    const silent = createServer((socket) => {
      socket.on('error', () => {});
      cleanups.push(() => socket.destroy());
    });
    cleanups.push(() => silent.close());
    return `127.0.0.1:${await listenOn(silent)}`;
  },
  'does not answer at all': async () => '10.255.255.1:4222',
};

const brokerAt: Record<'nats' | 'redis', (address: string) => string> = {
  nats: (address) => `
    import { natsBroker } from '@asyngular/broker-nats';
    const broker = natsBroker({ servers: 'nats://${address}' });`,
  redis: (address) => `
    import { redisBroker } from '@asyngular/broker-redis';
    const broker = redisBroker({ url: 'redis://${address}' });`,
};

describe.each(['nats', 'redis'] as const)(
  'F8: a server that has never reached its %s broker, because the address',
  (kind) => {
    it.each(Object.entries(nowhere))('%s, ends with exit code 0', async (_, addressOf) => {
      const program = await startProgram(`${brokerAt[kind](await addressOf())}
        import { listen } from '@asyngular/server';
        const server = listen(0, { authKey: 'fleet', broker, closeTimeout: 2_000 }, () => console.log('listening'));
        const waiting = server.exchange.invokePublish('orders', 1).catch(({ name }) => console.log(name));
        process.once('SIGTERM', async () => {
          await server.close();
          server.httpServer?.close();
        });
        for await (const order of server.exchange.subscribe('orders')) void order;
        await waiting;`);
      await program.printed('listening');
      const startedAt = performance.now();
      program.child.kill('SIGTERM');
      expect(await program.ended()).toBe('exit code 0');
      expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
      expect(program.output).toContain('BrokerError');
    });
  },
);
