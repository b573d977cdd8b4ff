import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { until } from '@asyngular/test-utils/wait';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { startAnswers } from '../src/server/start-answers.js';

const DEADLINE_MS = 20_000;
vi.setConfig({ testTimeout: 120_000 });

let browser: Browser;
let answers: Awaited<ReturnType<typeof startAnswers>>;

beforeAll(async () => {
  assertChromium();
  // The page as it is deployed; the server runs from its sources.
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  execFileSync('npm', ['run', '--silent', 'build:page'], { cwd });
  browser = await chromium.launch(chromiumLaunchOptions);
}, 60_000);

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await answers.close();
});

afterAll(() => browser?.close());

async function open(delayMs: number): Promise<Page> {
  answers = await startAnswers({ port: 0, delayMs });
  const page = await browser.newPage({ viewport: { width: 900, height: 640 } });
  page.setDefaultTimeout(DEADLINE_MS);
  await page.goto(`http://127.0.0.1:${answers.port}/`);
  return page;
}

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question);
  await page.getByRole('button', { name: 'Ask' }).click();
}

const answerOf = async (page: Page) =>
  (await page.locator('#answers p').last().textContent()) ?? '';

async function untilWords(page: Page, count: number): Promise<void> {
  const words = async () => (await answerOf(page)).split(' ').length;
  await until(`${count} words`, async () => (await words()) >= count);
}

it('types the answer out, and says when it is complete', async () => {
  const page = await open(2);
  await ask(page, 'Why?');
  await page.locator('[data-state=complete]').waitFor();
  expect(await answerOf(page)).toContain('You ask: “Why?”');
  await page.getByRole('button', { name: 'Ask' }).waitFor();
  expect(answers.atWork).toBe(0);
  await page.screenshot({ path: fileURLToPath(new URL('../.cache/answers.png', import.meta.url)) });
});

it('stops at once, on both ends, and takes the next question', async () => {
  const page = await open(50);
  await ask(page, 'How?');
  await untilWords(page, 4);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('[data-state=stopped]').waitFor();
  await until('the end of the generator', () => answers.atWork === 0);
  const stopped = await answerOf(page);
  await ask(page, 'And now?');
  await untilWords(page, 4);
  expect(await page.locator('#answers p').first().textContent()).toBe(stopped);
});

it('goes on with the next word after a lost connection', async () => {
  const page = await open(20);
  await ask(page, 'Why?');
  await untilWords(page, 5);
  answers.dropConnections();
  await page.locator('[data-state=complete]').waitFor();
  const interrupted = await answerOf(page);
  await ask(page, 'Why?');
  await page.locator('[data-state=complete]').nth(1).waitFor();
  expect(interrupted).toBe(await answerOf(page));
});

it('shows what the server refuses', async () => {
  const page = await open(2);
  await page.getByLabel('Your question').evaluate((input) => input.removeAttribute('maxlength'));
  await ask(page, 'x'.repeat(300));
  await page.locator('[data-state=failed]', { hasText: '1 to 200 characters' }).waitFor();
});
