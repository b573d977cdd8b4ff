import { MemoryHub, memoryBroker } from '@asyngular/broker';
import type { AGServerOptions } from '@asyngular/server';
import { collect } from '@asyngular/test-utils/collect';
import type { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import * as support from './support/breaking-network.js';

// docs/recovery.md, as an application sees it: our client and our server, with a network between them that breaks.

const channels = {
  'room:*': { history: { size: 1_000 } },
  'short:*': { history: { size: 5 }, rewind: 2 },
} satisfies AGServerOptions['channels'];

async function startServer(options: AGServerOptions = {}) {
  const network = await support.startServer({ channels, ...options });
  return { ...network, exchange: network.server.exchange };
}

const connect = ({ proxy }: { proxy: TcpProxy }) => support.connect(proxy.port);

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

it('a loop goes on through any number of lost connections, with each publication once and in order', async () => {
  const context = await startServer();
  const socket = connect(context);
  const channel = socket.subscribe('room:1');
  const seen = collect(channel, (data) => data);
  const recovered = collect(channel.listener('subscribe'), (event) => event.recovered);
  await channel.subscribed();
  let last = 0;
  for (let cuts = 1; cuts <= 5; cuts++) {
    for (let many = 0; many < 20; many++) await context.exchange.invokePublish('room:1', ++last);
    context.proxy.cut();
    for (let many = 0; many < 20; many++) await context.exchange.invokePublish('room:1', ++last);
    context.proxy.restore();
    await until('the reconnect', () => recovered.length === cuts + 1);
  }
  await until('the last publication', () => seen.at(-1) === last);
  expect(seen).toEqual(numbers(last));
  expect(recovered).toEqual([undefined, true, true, true, true, true]);
});

it('a client goes on at another server, from the position that it had', async () => {
  const hub = new MemoryHub();
  const [here, there] = [
    await startServer({ broker: memoryBroker({ hub }) }),
    await startServer({ broker: memoryBroker({ hub }) }),
  ];
  const channel = await connect(here).subscribe('room:1').subscribed();
  const seen = collect(channel, (data) => data);
  for (const data of [1, 2, 3]) await there.exchange.invokePublish('room:1', data);
  await until('three publications', () => seen.length === 3);
  const since = channel.position!;
  channel.unsubscribe();
  for (const data of [4, 5]) await here.exchange.invokePublish('room:1', data);

  const elsewhere = connect(there).channel('room:1');
  const events = collect(elsewhere.listener('publication'), (event) => event);
  elsewhere.subscribe({ since });
  await until('what was missed', () => events.length === 2);
  await here.exchange.invokePublish('room:1', 6);
  await until('what is new', () => events.length === 3);
  expect(events.map(({ data, recovered }) => [data, recovered])).toEqual([
    [4, true],
    [5, true],
    [6, false],
  ]);
  expect(elsewhere.position).toBe(events[2]!.position);
});

it('a publication whose answer is lost is made once', async () => {
  const context = await startServer();
  const socket = connect(context);
  const seen = collect(context.exchange.subscribe('room:1'), (data) => data);
  await socket.subscribe('room:1').subscribed();
  context.proxy.stopReading();
  const published = socket.invokePublish('room:1', 'once');
  await until('the publication', () => seen.length === 1);
  context.proxy.cut();
  context.proxy.restore();
  const result = await published;
  expect(result).toEqual({
    position: context.exchange.getChannelPosition('room:1'),
    duplicate: true,
  });
  expect(context.server.stats().history).toMatchObject({ appended: 1, duplicates: 1 });
  expect(seen).toEqual(['once']);
});

it('what the log has forgotten is told before the loop goes on', async () => {
  const context = await startServer();
  const channel = connect(context).channel('short:1');
  const heard: unknown[] = [];
  void (async () => {
    for await (const data of channel) heard.push(data);
  })();
  const holes = collect(channel.listener('interruption'), (event) => {
    heard.push('a hole');
    return event;
  });
  const recovered = collect(channel.listener('subscribe'), (event) => event.recovered);
  await channel.subscribe().subscribed();
  await context.exchange.invokePublish('short:1', 1);
  await until('the first', () => heard.length === 1);
  context.proxy.cut();
  for (let data = 2; data <= 10; data++) await context.exchange.invokePublish('short:1', data);
  context.proxy.restore();
  await until('the reconnect', () => recovered.length === 2);
  await context.exchange.invokePublish('short:1', 11);
  await until('the last', () => heard.at(-1) === 11);
  expect(heard).toEqual([1, 'a hole', 9, 10, 11]);
  expect(recovered).toEqual([undefined, false]);
  expect(holes[0]).toMatchObject({ reason: expect.any(String), position: expect.any(String) });
});

it('a client that would rather reload is refused, and begins at the position of what it has loaded', async () => {
  const context = await startServer();
  const { exchange } = context;
  const old = (await exchange.invokePublish('short:1', 1))!.position;
  for (let data = 2; data <= 9; data++) await exchange.invokePublish('short:1', data);
  const channel = connect(context).channel('short:1');
  const seen = collect(channel, (data) => data);
  channel.subscribe({ since: old, mode: 'reject' });
  await expect(channel.subscribed()).rejects.toMatchObject({ name: 'UnrecoverablePositionError' });
  const { publications, position } = await exchange.history('short:1', { limit: 1 });
  await exchange.invokePublish('short:1', 10);
  await channel.subscribe({ since: position, mode: 'reject' }).subscribed();
  await until('what follows', () => seen.length === 1);
  expect([publications[0]!.data, seen]).toEqual([9, [10]]);
});

it('a page scrolls back through the log', async () => {
  const context = await startServer();
  for (const data of numbers(25)) await context.exchange.invokePublish('room:1', data);
  const room = await connect(context).subscribe('room:1').subscribed();
  const lines: unknown[] = [];
  let page = await room.history({ limit: 10 });
  for (;;) {
    lines.unshift(...page.publications.map(({ data }) => data).reverse());
    if (!page.hasMore) break;
    page = await room.history({ limit: 10, before: page.publications.at(-1)!.position });
  }
  expect(lines).toEqual(numbers(25));
});
