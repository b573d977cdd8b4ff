import { fileURLToPath } from 'node:url';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { desktop, logIn, phone, say, waitForCount, waitForMessage } from './chat-page.js';
import { buildChat, type ChatProcess, startChatProcess } from './chat-process.js';

const DEADLINE_MS = 10_000;
// A test is many steps, each with the deadline above.
vi.setConfig({ testTimeout: 120_000 });

let browser: Browser;
let chat: ChatProcess;
const complaints: string[] = [];

beforeAll(async () => {
  assertChromium();
  await buildChat();
  browser = await chromium.launch(chromiumLaunchOptions);
});

beforeEach(async () => {
  complaints.length = 0;
  chat = await startChatProcess();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await chat.stop();
  expect(complaints).toEqual([]);
});

afterAll(() => browser?.close());

/** Opens the page in a browser profile of its own and collects what it complains about. */
async function open(options: BrowserContextOptions, address = chat.url): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  return openTab(context, address);
}

async function openTab(context: { newPage(): Promise<Page> }, address = chat.url): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A refused connection is expected while the server is away.
    if (message.type() !== 'error' || isRefusedConnection(message.text())) return;
    complaints.push(message.text());
  });
  await page.goto(address);
  return page;
}

const isRefusedConnection = (text: string) =>
  text.includes('WebSocket connection') || text.includes('ERR_CONNECTION_REFUSED');

const waitForTyping = (page: Page, text: string) =>
  page.locator('#typing', { hasText: text }).waitFor();
const banner = (page: Page) => page.getByText('Connection lost. Reconnecting…');

async function takeScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({
    path: fileURLToPath(new URL(`../../../test-output/${name}.png`, import.meta.url)),
    animations: 'disabled',
  });
}

it('two people see each other, type, talk, and go on after a restart of the server', async () => {
  const ada = await open(desktop);
  const grace = await open(phone);
  await takeScreenshot(ada, 'chat-login-light');
  await logIn(ada, 'Ada Lovelace');
  await waitForCount(ada, 'Only you');
  await logIn(grace, 'Grace Hopper');
  await waitForCount(ada, '2 people');
  await waitForCount(grace, '2 people');

  await say(ada, 'Good morning! Has anybody tried the new release?');
  await waitForMessage(grace, 'Good morning! Has anybody tried the new release?');
  await say(grace, 'Just now, over coffee.');
  await say(grace, 'I pulled the plug on the server, and this page came back by itself.');
  await waitForMessage(ada, 'I pulled the plug on the server, and this page came back by itself.');
  await say(ada, 'Then let us do it again: I will restart it while we talk.');
  await waitForMessage(grace, 'Then let us do it again: I will restart it while we talk.');

  await grace.getByLabel('Message', { exact: true }).pressSequentially('Go on, I am wat');
  await waitForTyping(ada, 'Grace Hopper is typing…');
  await takeScreenshot(ada, 'chat-desktop-light');
  await ada.emulateMedia({ colorScheme: 'dark' });
  await takeScreenshot(ada, 'chat-desktop-dark');
  await ada.emulateMedia({ colorScheme: 'light' });
  await takeScreenshot(grace, 'chat-phone-dark');

  const { port } = chat;
  expect(await chat.stop()).toBe(0);
  await Promise.all([banner(ada).waitFor(), banner(grace).waitFor()]);
  await takeScreenshot(ada, 'chat-desktop-offline');
  chat = await startChatProcess(port);
  await banner(ada).waitFor({ state: 'hidden' });
  await banner(grace).waitFor({ state: 'hidden' });

  // Neither was asked to log in again, and what Grace was writing is still there.
  await waitForCount(ada, '2 people');
  await waitForCount(grace, '2 people');
  expect(await grace.getByLabel('Message', { exact: true }).inputValue()).toBe('Go on, I am wat');
  await say(grace, 'That was all?');
  await waitForMessage(ada, 'That was all?');
  await say(ada, 'That was all.');
  await waitForMessage(grace, 'That was all.');
  // What was said before the restart has left the server, but not the page.
  await waitForMessage(ada, 'Just now, over coffee.');
  await ada
    .getByText('The server has restarted, or you were away for long: messages may be missing here')
    .waitFor();
  await takeScreenshot(grace, 'chat-phone-dark-after-restart');
});

it('what is written offline waits, is marked, and is sent in order when the connection is back', async () => {
  const page = await open(desktop);
  await logIn(page, 'Ada');
  await waitForCount(page, 'Only you');
  const { port } = chat;
  await chat.stop();
  await banner(page).waitFor();
  const waiting = page.getByText('Waiting to be sent');
  await say(page, 'Is anybody there?');
  await say(page, 'I will wait.');
  await expect.poll(() => waiting.count(), { timeout: DEADLINE_MS }).toBe(2);
  await takeScreenshot(page, 'chat-desktop-waiting');
  await page.evaluate(() => {
    location.hash = 'random';
  });
  await page.getByRole('heading', { name: '# random' }).waitFor();
  await expect.poll(() => waiting.count()).toBe(0);
  await say(page, 'Here, too.');
  await waiting.waitFor();
  await page.goBack();
  await expect.poll(() => waiting.count()).toBe(2);

  chat = await startChatProcess(port);
  await banner(page).waitFor({ state: 'hidden' });
  await expect.poll(() => waiting.count(), { timeout: DEADLINE_MS }).toBe(0);
  expect(await page.locator('#text-error').textContent()).toBe('');

  const bob = await open(desktop);
  await logIn(bob, 'Bob');
  await waitForMessage(bob, 'I will wait.');
  expect(await bob.locator('.bubble').allTextContents()).toEqual([
    'Is anybody there?',
    'I will wait.',
  ]);
  // It was sent from a room that was not open any more, which Ada has left since.
  await bob.getByRole('link', { name: /^random/ }).click();
  await waitForMessage(bob, 'Here, too.');
  await waitForCount(bob, 'Only you');
});

it('two tabs are two people, and a reload keeps name, room and history', async () => {
  const context = await browser.newContext(desktop);
  const first = await openTab(context);
  const second = await openTab(context);
  await logIn(first, 'Ada');
  await second.getByLabel('Your name').fill('ada');
  await second.keyboard.press('Enter');
  await second.getByText('Somebody here is already called ada.').waitFor();
  await logIn(second, 'Bob');
  await waitForCount(first, '2 people');

  await first.getByLabel('Another room').fill('Tea-Time');
  await first.keyboard.press('Enter');
  await first.getByRole('heading', { name: '# tea-time' }).waitFor();
  await waitForCount(second, 'Only you');
  await say(first, 'Anybody here?');
  await waitForMessage(first, 'Anybody here?');
  await second.getByRole('link', { name: /^tea-time/ }).click();
  await waitForMessage(second, 'Anybody here?');

  await waitForCount(second, '2 people');
  const countsSeen = await second.evaluateHandle(() => {
    const seen: string[] = [];
    const count = document.getElementById('room-count')!;
    new MutationObserver(() => seen.push(count.textContent)).observe(count, { childList: true });
    return seen;
  });
  await first.reload();
  await first.getByRole('heading', { name: '# tea-time' }).waitFor();
  await waitForMessage(first, 'Anybody here?');
  await waitForCount(first, '2 people');
  await say(first, 'I am back.');
  await waitForMessage(second, 'I am back.');
  // The other has not seen anybody leave.
  expect((await countsSeen.jsonValue()).filter((text) => text !== '2 people')).toEqual([]);
  await first.goBack();
  await first.getByRole('heading', { name: '# lobby' }).waitFor();
});

it('marks other rooms with new messages until they are read, also after a reload', async () => {
  const ada = await open(desktop);
  const bob = await open(phone);
  await logIn(ada, 'Ada');
  await logIn(bob, 'Bob');
  await waitForCount(bob, '2 people');
  await bob.goto(`${chat.url}#random`);
  await waitForCount(ada, 'Only you');
  await say(ada, 'Bob?');
  const mark = bob.getByRole('link', { name: /^lobby new messages/ });
  const menu = bob.getByRole('button', { name: 'Rooms and people, new messages' });
  await menu.waitFor();
  await bob.reload();
  await menu.click();
  await mark.waitFor();
  await takeScreenshot(bob, 'chat-phone-unread');
  await mark.click();
  await waitForMessage(bob, 'Bob?');
  await menu.waitFor({ state: 'detached' });
  expect(await ada.getByRole('link', { name: 'new messages' }).count()).toBe(0);
});

it('shows markup as text and explains what it refuses', async () => {
  const page = await open({ ...desktop, colorScheme: 'dark' });
  await page.getByLabel('Your name').fill('<b>Eve</b>');
  await page.keyboard.press('Enter');
  await page.getByText('A name starts with a letter or digit').waitFor();
  await logIn(page, 'Eve');
  const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
  await say(page, markup);
  await waitForMessage(page, markup);
  expect(await page.locator('.bubble *').count()).toBe(0);
  await say(page, 'first line\nsecond line');
  await page.locator('.bubble', { hasText: 'second line' }).waitFor();
  await page.getByLabel('Another room').fill('no spaces');
  await page.keyboard.press('Enter');
  await page.getByText('A room name holds only letters').waitFor();
  await takeScreenshot(page, 'chat-markup-dark');
});

it('makes web addresses links, and nothing else', async () => {
  const page = await open(desktop);
  await logIn(page, 'Ada');
  await say(
    page,
    'See https://example.org/a_(b)?c=%22d, (http://localhost:1/x). javascript:alert(1) https://',
  );
  await page.locator('.bubble a').first().waitFor();
  const links = await page
    .locator('.bubble a')
    .evaluateAll((elements) =>
      elements.map((link) => ['href', 'rel', 'target'].map((name) => link.getAttribute(name))),
    );
  expect(links).toEqual([
    ['https://example.org/a_(b)?c=%22d', 'noopener noreferrer', '_blank'],
    ['http://localhost:1/x', 'noopener noreferrer', '_blank'],
  ]);
  expect(await page.locator('.bubble').textContent()).toContain('(http://localhost:1/x). java');
});

it.each([
  ['en-US', /^\d{1,2}:\d\d\s[AP]M$/u],
  ['de-DE', /^\d\d:\d\d$/],
])('writes times as people do in %s', async (locale, form) => {
  const page = await open({ ...desktop, locale });
  await logIn(page, 'Ada');
  await say(page, 'What time is it?');
  const time = page.locator('.message time');
  await time.waitFor();
  expect(await time.textContent()).toMatch(form);
  expect(await time.getAttribute('lang')).toBe(locale);
  const today = new Intl.DateTimeFormat(locale, { dateStyle: 'full' });
  const sent = new Date((await time.getAttribute('datetime')) ?? '');
  expect(await page.locator('.day').textContent()).toBe(today.format(sent));
});

it('can be used by keyboard alone', async () => {
  const page = await open(phone);
  await logIn(page, 'Grace');
  await waitForCount(page, 'Only you');
  const focused = () => page.evaluate(() => document.activeElement?.id);
  expect(await focused()).toBe('text');
  await page.getByRole('button', { name: 'Rooms and people' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Log out' }).waitFor();
  await takeScreenshot(page, 'chat-phone-drawer');
  await page.keyboard.press('Escape');
  expect(await focused()).toBe('menu');
  await page.getByRole('button', { name: 'Log out' }).waitFor({ state: 'hidden' });

  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '# random' }).waitFor();
  expect(await focused()).toBe('text');
});

it('logging out frees the name and the room', async () => {
  const ada = await open(desktop);
  const bob = await open(desktop);
  await logIn(ada, 'Ada');
  await logIn(bob, 'Bob');
  await waitForCount(ada, '2 people');
  await bob.getByRole('button', { name: 'Log out' }).click();
  await bob.getByLabel('Your name').waitFor();
  await waitForCount(ada, 'Only you');
  await logIn(bob, 'Bob');
  await waitForCount(ada, '2 people');
});

it('a taken port ends the program with exit code 1 and advice', async () => {
  await expect(startChatProcess(chat.port)).rejects.toThrow(
    `ended with exit code 1: Port ${chat.port} is already in use`,
  );
});
