import { startJetStream } from '@asyngular/test-utils/nats';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { until } from '@asyngular/test-utils/wait';
import { expect, it, onTestFinished } from 'vitest';
import { natsBroker } from '../src/index.js';
import { policy } from './support/log-node.js';

it.each(['memory', 'file'] as const)(
  'knows all that was under way when the connection was lost (%s)',
  async (storage) => {
    const service = await startJetStream();
    const proxy = await TcpProxy.start(service.port);
    const live: string[] = [];
    const open = async ({ port }: { readonly port: number }) => {
      const broker = natsBroker({
        port,
        reconnectTimeWait: 20,
        timeoutMs: 20_000,
        log: { storage },
      });
      onTestFinished(() => broker.close({ timeoutMs: 500 }));
      await broker.start({
        onMessage: () => {},
        onEvent: () => {},
        onEntry: (_channel, { payload }) => live.push(String(payload)),
        policyOf: () => ({ ...policy, size: 1 }),
      });
      return broker;
    };
    onTestFinished(async () => {
      await proxy.stop();
      await service.stop();
    });
    const [node, other] = [await open(proxy), await open(service)];
    await other.log!.follow('x');
    const published = ['first'];
    let last = (await node.log!.append('x', 'first')).position.offset;
    for (let round = 0; round < 5; round++) {
      const names = Array.from({ length: 20 }, (_, index) => `${round} ${index}`);
      published.push(...names);
      const appended = Promise.all(names.map((name) => node.log!.append('x', name)));
      // At some time between the first publication and the last answer.
      await new Promise((resolve) => setTimeout(resolve, round));
      proxy.cut();
      proxy.restore();
      const offsets = (await appended).map(({ position }) => position.offset);
      const ascending = [...new Set([last, ...offsets])].sort((a, b) => a - b);
      expect([last, ...offsets]).toEqual(ascending);
      last = offsets.at(-1)!;
      await until('the connection', () => node.status === 'connected');
    }
    await until(
      'all live entries',
      () => live.length >= published.length,
      () => live.length,
    );
    expect(live).toEqual(published);
  },
  120_000,
);
