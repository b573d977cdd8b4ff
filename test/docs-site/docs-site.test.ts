import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import type axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from './site.js';

// The documentation is for everybody: axe finds nothing on its kinds of pages, and the keyboard gets everywhere.

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

let site: Site;
let browser: Browser;

beforeAll(async () => {
  assertChromium();
  site = await startSite();
  browser = await chromium.launch(chromiumLaunchOptions);
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

async function open(path: string, options: BrowserContextOptions): Promise<Page> {
  // Colours in the middle of a transition are no colours to judge.
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  onCleanup(() => context.close());
  const page = await context.newPage();
  await page.goto(`${site.url}${path}`);
  await page.locator('.VPNavBarSearch button').first().waitFor();
  return page;
}

/** Each violation with the elements that have it. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations: found } = await page.evaluate(() => {
    const { axe: checker } = window as unknown as { axe: typeof axe };
    return checker.run({
      rules: { 'label-content-name-mismatch': { enabled: true } },
      resultTypes: ['violations'],
    });
  });
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const looks = Object.entries({ home: '/', guide: '/quickstart', reference: '/client' }).flatMap(
  ([name, path]) =>
    Object.entries({ desktop, phone }).flatMap(([device, options]) =>
      (['light', 'dark'] as const).map((colorScheme) => ({
        name: `${name}, ${device}, ${colorScheme}`,
        path,
        options: { ...options, colorScheme },
      })),
    ),
);

it.each(looks)('has no barriers that axe can find: $name', async ({ path, options }) => {
  const page = await open(path, options);
  expect(await violations(page)).toEqual([]);
});

/** What has the focus, as it is read out, and whether one sees that. */
function focused(page: Page): Promise<{ name: string; isVisible: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement ?? document.body;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return {
      name: element.ariaLabel ?? element.textContent?.trim() ?? '',
      isVisible: outlineStyle !== 'none' && outlineWidth !== '0px',
    };
  });
}

it('Tab goes through the home page from the top, and shows where it is', async () => {
  const page = await open('/', desktop);
  const stops: { name: string; isVisible: boolean }[] = [];
  for (let n = 0; n < 10; n++) {
    await page.keyboard.press('Tab');
    stops.push(await focused(page));
  }
  expect(stops.map(({ name }) => name)).toEqual([
    'Skip to content',
    'Asyngular',
    'Search',
    'Quickstart',
    'Client',
    'Server',
    '',
    'Quickstart',
    'From Socket.IO',
    'From SocketCluster',
  ]);
  expect(stops.filter(({ isVisible }) => !isVisible)).toEqual([]);
});

it('the first key leads past the navigation', async () => {
  const page = await open('/quickstart', desktop);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.closest('#VPContent') !== null)).toBe(
    true,
  );
});

it('the search opens, finds and closes by keys', async () => {
  const page = await open('/', desktop);
  await page.keyboard.press('Control+k');
  await page.getByRole('searchbox').waitFor();
  await page.keyboard.type('ackTimeout');
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL(/(client|server)[\w-]*#/);
  await page.keyboard.press('Control+k');
  await page.getByRole('searchbox').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('searchbox').waitFor({ state: 'detached' });
});

it('the switch between light and dark is one for keys, too', async () => {
  const page = await open('/', { ...desktop, colorScheme: 'light' });
  await page.getByRole('switch').first().focus();
  await page.keyboard.press('Enter');
  await page.locator('html.dark').waitFor();
});

it('the menus of a phone open and close by keys', async () => {
  const page = await open('/quickstart', phone);
  const menu = page.getByRole('button', { name: 'Menu', exact: true });
  await menu.focus();
  await page.keyboard.press('Enter');
  await page.locator('.VPSidebar.open').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.locator('.VPSidebar:not(.open)').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'mobile navigation' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('.VPNavScreen').getByRole('link', { name: 'Client' }).waitFor();
  expect(await violations(page)).toEqual([]);
});
