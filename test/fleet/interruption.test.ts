import { FleetBroker } from '@asyngular/broker/transport';
import { create } from '@asyngular/client';
import { FakeNetwork } from '@asyngular/test-utils/fake-network';
import { expect, it } from 'vitest';
import {
  collect,
  onCleanup,
  startServer,
  until,
} from '../../packages/server/test/support/server.js';

it('a channel of a client learns that publications of other servers may be missing', async () => {
  const transport = new FakeNetwork().create();
  const broker = new FleetBroker(transport, { heartbeatMs: 50 });
  const { server, port } = await startServer({ broker });
  await until('the broker', () => server.isReady);
  const client = create({ hostname: '127.0.0.1', port });
  onCleanup(() => client.disconnect());
  const news = client.subscribe('news');
  await news.listener('subscribe').once(5_000);
  const interruptions = collect(news.listener('interruption'));
  const before = Date.now();
  transport.cut();
  transport.restore();
  await until('the interruption', () => interruptions.length === 1);
  const [interruption] = interruptions;
  expect(interruption).toEqual({
    since: expect.any(Number),
    until: expect.any(Number),
    reason: 'reconnected',
  });
  expect(interruption!.since).toBeLessThanOrEqual(before);
  expect(interruption!.until).toBeGreaterThanOrEqual(before);
  expect(client.state).toBe('open');
  expect(news.state).toBe('subscribed');
});
