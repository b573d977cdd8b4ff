import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import type axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { desktop, logIn, phone, say, waitForCount, waitForMessage } from './chat-page.js';
import { buildChat, type ChatProcess, startChatProcess } from './chat-process.js';

vi.setConfig({ testTimeout: 120_000 });

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

let browser: Browser;
let chat: ChatProcess;

beforeAll(async () => {
  assertChromium();
  await buildChat();
  browser = await chromium.launch(chromiumLaunchOptions);
});

beforeEach(async () => {
  chat = await startChatProcess();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await chat.stop();
});

afterAll(() => browser?.close());

/** Each violation with the elements that have it. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations: found } = await page.evaluate(() => {
    const { axe: checker } = window as unknown as { axe: typeof axe };
    return checker.run({ resultTypes: ['violations'] });
  });
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const looks = [desktop, phone].flatMap((device) =>
  (['light', 'dark'] as const).map((colorScheme) => ({
    name: `${device === phone ? 'phone' : 'desktop'}, ${colorScheme}`,
    // Colours in the middle of a transition are no colours to judge.
    options: { ...device, colorScheme, locale: 'en-GB', reducedMotion: 'reduce' } as const,
    isPhone: device === phone,
  })),
);

it.each(looks)('has no barriers that axe can find: $name', async ({ options, isPhone }) => {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(chat.url);
  await page.getByLabel('Your name').fill('<b>');
  await page.keyboard.press('Enter');
  await page.getByText('A name starts with a letter or digit').waitFor();
  expect(await violations(page)).toEqual([]);

  await logIn(page, 'Ada');
  const other = await (await browser.newContext()).newPage();
  await other.goto(chat.url);
  await logIn(other, 'Grace');
  await waitForCount(page, '2 people');
  await say(other, 'Have you read https://example.org/ yet?');
  await page.locator('.bubble a').waitFor();
  await say(page, 'Not yet.');
  await waitForMessage(page, 'Not yet.');
  await other.goto(`${chat.url}#random`);
  await waitForCount(other, 'Only you');
  await say(other, 'Anybody here?');
  await page.locator('.rooms .unread').waitFor({ state: 'attached' });
  expect(await violations(page)).toEqual([]);

  if (isPhone) {
    await page.getByRole('button', { name: 'Rooms and people' }).click();
    await page.getByRole('button', { name: 'Log out' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
  }

  await chat.stop();
  await page.getByText('Connection lost. Reconnecting…').waitFor();
  await say(page, 'I was about to.');
  await page.getByText('Waiting to be sent').waitFor();
  expect(await violations(page)).toEqual([]);
});
