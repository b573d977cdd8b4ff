import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import type axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
// @ts-expect-error a script of the build, without types
import { buildPage } from '../../build.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

/** The page as it is now, and a browser to look at it. */
export async function launch(): Promise<Browser> {
  assertChromium();
  await buildPage();
  return chromium.launch(chromiumLaunchOptions);
}

/** A page, and what it complained of: errors, and what its own policy forbids. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  // axe and the clock of frames are put into the page past its policy, by the browser itself.
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  onCleanup(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(url);
  await page.locator('.status', { hasText: 'ok' }).waitFor();
  return { page, complaints };
}

/** Each violation with the elements that have it. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations: found } = await page.evaluate(() => {
    const { axe: checker } = window as unknown as { axe: typeof axe };
    return checker.run({ resultTypes: ['violations'] });
  });
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
