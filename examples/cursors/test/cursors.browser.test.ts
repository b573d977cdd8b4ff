import { fileURLToPath } from 'node:url';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until } from '@asyngular/test-utils/wait';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readCursor } from '../src/shared/cursors-api.js';
import { startCrowd } from './crowd.js';
import { buildCursors, startCursors } from './cursors-process.js';

vi.setConfig({ testTimeout: 120_000 });

/** How many cursors move while frames are measured: more of them by hand, with CROWD=200. */
const CROWD = Number(process.env.CROWD ?? 40);
const MEASURED_MS = 5_000;

let browser: Browser;

beforeAll(async () => {
  assertChromium();
  await buildCursors();
  browser = await chromium.launch(chromiumLaunchOptions);
}, 60_000);
afterAll(() => browser?.close());

/** A page on the board, in a browser profile of its own; it may not complain about anything. */
async function open(port: number, name: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  onCleanup(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(`http://localhost:${port}/`);
  await page.getByLabel('Your name').fill(name);
  return page;
}

const screenshot = (page: Page, name: string) =>
  page.screenshot({
    path: fileURLToPath(new URL(`../../../test-output/${name}.png`, import.meta.url)),
  });

/** Where the page shows the cursor of that name, from 0 to 1 of the board. */
async function placeOf(page: Page, name: string): Promise<{ x: number; y: number } | undefined> {
  const cursor = page.locator('.cursor', { has: page.getByText(name, { exact: true }) });
  if ((await cursor.count()) === 0) return undefined;
  const [board, box] = await Promise.all([
    page.locator('#board').boundingBox(),
    cursor.boundingBox(),
  ]);
  return { x: (box!.x - board!.x) / board!.width, y: (box!.y - board!.y) / board!.height };
}

it('two pages see each other move, rename themselves and leave', async () => {
  const port = await startCursors();
  const ada = await open(port, 'Ada');
  await ada.getByText('Only you').waitFor();
  const bob = await open(port, 'Bob');
  await ada.getByText('2 here').waitFor();
  const board = (await bob.locator('#board').boundingBox())!;
  for (const part of [0.2, 0.5, 0.8]) {
    await bob.mouse.move(board.x + part * board.width, board.y + 0.3 * board.height);
    await until(`Bob's cursor at ${part}`, async () => {
      const place = await placeOf(ada, 'Bob');
      return place !== undefined && Math.abs(place.x - part) < 0.01;
    });
  }
  await bob.getByLabel('Your name').fill('Robert');
  await until('the new name', async () => (await placeOf(ada, 'Robert')) !== undefined);
  expect(await placeOf(bob, 'Robert')).toBeUndefined();
  expect(await placeOf(bob, 'Ada')).toBeDefined();
  await bob.goto('about:blank');
  await ada.getByText('Only you').waitFor();
  await until('no cursor', async () => (await ada.locator('.cursor').count()) === 0);
});

it(`${CROWD} cursors glide, and the page keeps its frames`, async () => {
  const port = await startCursors();
  const crowd = await startCrowd(port, CROWD);
  onCleanup(() => crowd.leave());
  const page = await open(port, 'Ada');
  await page.getByText(`${CROWD + 1} here`).waitFor();
  expect(await page.locator('.cursor').count()).toBe(CROWD);
  const before = await placeOf(page, 'Guest 1');
  const frames = await page.evaluate(measureFrames, MEASURED_MS);
  expect(await placeOf(page, 'Guest 1')).not.toEqual(before);
  await screenshot(page, `cursors-${CROWD}`);
  frames.sort((a, b) => a - b);
  const at = (part: number) => frames[Math.floor(part * (frames.length - 1))]!;
  const figures = { frames: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  process.stdout.write(`${CROWD} cursors, ms per frame: ${JSON.stringify(figures)}\n`);
  // A busy machine draws slowly; a page that is stuck draws nothing.
  expect(figures.p50).toBeLessThan(200);
});

/** In the page: the times between frames, in ms. */
function measureFrames(forMs: number): Promise<number[]> {
  return new Promise((resolve) => {
    const frames: number[] = [];
    const begun = performance.now();
    let last = begun;
    const onFrame = () => {
      const now = performance.now();
      frames.push(Math.round((now - last) * 10) / 10);
      last = now;
      if (now - begun < forMs) requestAnimationFrame(onFrame);
      else resolve(frames.slice(1));
    };
    requestAnimationFrame(onFrame);
  });
}

it.each([
  [
    { name: 'Ada', x: 0, y: 1, extra: 1 },
    { name: 'Ada', x: 0, y: 1 },
  ],
  [{ name: 'x'.repeat(25), x: 0, y: 0 }, false],
  [{ name: 'Ada', x: 1.1, y: 0 }, false],
  [{ name: 'Ada', x: '0', y: 0 }, false],
  [{ x: 0, y: 0 }, false],
  [null, false],
])('takes %j for %j', (state, cursor) => {
  expect(readCursor(state)).toEqual(cursor);
});
