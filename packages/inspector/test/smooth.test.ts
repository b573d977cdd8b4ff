import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launch, openPage } from './support/open-page.js';
import { startScene } from './support/scene.js';

// With ten thousand sockets: INSPECTOR_SOCKETS=10000 npx vitest run --project node packages/inspector/test/smooth.test.ts
const SOCKETS = Number(process.env.INSPECTOR_SOCKETS ?? 1_000);
/** A frame that took longer is one that is noticed. */
const P95_MS = 50;

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
}, 60_000);
afterAll(() => browser?.close());

/** Durations of the frames while something is done, in ms, the shortest first. */
async function framesDuring(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const frames: number[] = [];
    let last = performance.now();
    const onFrame = (now: number) => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
    Object.assign(window, { frames });
  });
  await act();
  const frames = await page.evaluate(() => (window as unknown as { frames: number[] }).frames);
  return frames.sort((one, other) => one - other);
}

it(`stays smooth with ${SOCKETS} sockets`, async () => {
  const scene = await startScene(SOCKETS);
  const { page, complaints } = await openPage(browser, `${scene.url}#/sockets`, {
    viewport: { width: 1360, height: 860 },
  });
  const talking = setInterval(() => scene.talk(20), 100);
  try {
    await page.locator('.virtual .rows a[href]').first().waitFor();
    const scroller = page.locator('.scroller');
    const frames = await framesDuring(page, async () => {
      for (let step = 0; step < 40; step++) {
        await scroller.evaluate(
          (element, by) => element.scrollBy(0, by),
          step % 4 === 3 ? 6_000 : 400,
        );
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
      await page.getByRole('searchbox').pressSequentially('ben-1');
      await expect.poll(() => page.locator('.summary').textContent()).toMatch(/^\d+ of/);
      await page.getByRole('searchbox').fill('');
      await page.getByLabel('Order').selectOption('busiest');
      await page.getByLabel('Order').selectOption('buffered');
      for (const name of [/Overview/, /Channels/, /Limits/, /Broker/, /Sockets/]) {
        await page.getByRole('link', { name }).click();
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
      await page.locator('.virtual .rows a[href]').first().waitFor();
    });
    const p95 = frames[Math.floor(frames.length * 0.95)]!;
    const worst = frames.at(-1)!;
    console.log(
      `${SOCKETS} sockets: ${frames.length} frames, p95 ${p95.toFixed(1)} ms, worst ${worst.toFixed(1)} ms`,
    );
    expect(p95).toBeLessThan(P95_MS);
    // Only those that are seen exist.
    expect(await page.locator('.virtual .rows tr').count()).toBeLessThan(60);
    expect(complaints).toEqual([]);
  } finally {
    clearInterval(talking);
  }
}, 120_000);
