import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until, within } from '@asyngular/test-utils/wait';
import { chromium, type Page } from 'playwright-core';
import { expect, it } from 'vitest';
// @ts-expect-error a script of the build, without types
import { bundleClient } from '../../packages/client/bundle.mjs';
import type * as client from '../../packages/client/src/index.js';
import { startFleet } from './fleet.js';

/** What a page has seen of its client's life. */
interface Seen {
  readonly events: string[];
  /** By channel, its publications. */
  readonly got: Record<string, number[]>;
  /** Results of calls, in the order in which they came. */
  readonly results: number[];
  calls: number;
  notes: number;
  readonly failures: string[];
}

const names = ['log:1', 'plain:1'];
const signs = [
  'migrated',
  'connecting',
  'disconnect',
  'close',
  'subscribe',
  'unsubscribe',
  'error',
];

/** Runs in the page: receives, calls and transmits without a pause. */
async function live(
  { create }: Pick<typeof client, 'create'>,
  [port, names, signs]: [number, string[], string[]],
): Promise<void> {
  const seen: Seen = { events: [], got: {}, results: [], calls: 0, notes: 0, failures: [] };
  const read = async (stream: AsyncIterable<unknown>, use: (item: unknown) => unknown) => {
    for await (const item of stream) use(item);
  };
  const socket = create({ hostname: '127.0.0.1', port });
  await socket.listener('connect').once(20_000);
  for (const name of names) {
    const numbers: number[] = [];
    seen.got[name] = numbers;
    read(socket.subscribe(name), (number) => numbers.push(number as number));
    await socket.channel(name).subscribed();
  }
  for (const sign of signs) {
    read(socket.listener(sign as 'close'), () => seen.events.push(sign));
  }
  const timer = setInterval(() => {
    void socket.transmit('note', ++seen.notes);
    socket.invoke('double', ++seen.calls).then(
      (result) => seen.results.push(result as number),
      (error: Error) => seen.failures.push(error.message),
    );
  }, 5);
  Object.assign(globalThis, { seen, socket, stop: () => clearInterval(timer) });
}

const look = (page: Page): Promise<Seen> => page.evaluate(() => (globalThis as any).seen);

it('a page goes to another server while it receives and calls, and notices one event (P19)', async () => {
  assertChromium();
  const { old, next, route, balancer } = await startFleet();
  const notes: number[] = [];
  for (const server of [old, next]) {
    server.handle('double', (number: number) => number * 2);
    server.handleTransmit('note', (number: number) => void notes.push(number));
  }
  const browser = await chromium.launch(chromiumLaunchOptions);
  onCleanup(() => browser.close());
  const page = await browser.newPage();
  await page.addScriptTag({ content: (await bundleClient()).code });
  const given = JSON.stringify([balancer.port, names, signs]);
  await within('the page', page.evaluate(`(${live})(asyngularClient, ${given})`));
  let sent = 0;
  const publisher = setInterval(() => {
    sent++;
    // A node's own publications keep their order.
    for (const name of names) void old.exchange.transmitPublish(name, sent);
  }, 5);
  onCleanup(() => clearInterval(publisher));
  await until(
    'publications in the page',
    async () => (await look(page)).got['plain:1']!.length > 10,
  );
  route(next);
  const drained = old.drain({ spread: 0, timeout: 20_000 });
  await until('the move', async () => (await look(page)).events.length > 0);
  const then = (await look(page)).results.length;
  await until(
    'calls on the next server',
    async () => (await look(page)).results.length > then + 10,
  );
  clearInterval(publisher);
  await page.evaluate(() => (globalThis as any).stop());
  expect(await within('the drain', drained)).toEqual({ finished: 1, unfinished: 0 });
  expect(Object.keys(next.clients)).toEqual([
    await page.evaluate(() => (globalThis as any).socket.id),
  ]);
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  await until('all results', async () => {
    const { results, calls } = await look(page);
    return results.length === calls;
  });
  await until('all publications', async () =>
    Object.values((await look(page)).got).every(({ length }) => length >= sent),
  );
  const { events, got, results, calls, failures } = await look(page);
  expect({ events, failures }).toEqual({ events: ['migrated'], failures: [] });
  expect(got).toEqual(Object.fromEntries(names.map((name) => [name, upTo(sent)])));
  expect(results.sort((a, b) => a - b)).toEqual(upTo(calls).map((number) => number * 2));
  await until('all notes', () => notes.length >= calls);
  expect(notes).toEqual(upTo(calls));
}, 60_000);
