import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until } from '@asyngular/test-utils/wait';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildKanban, startKanban } from './kanban-process.js';

vi.setConfig({ testTimeout: 120_000 });

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
let browser: Browser;

beforeAll(async () => {
  assertChromium();
  await buildKanban();
  browser = await chromium.launch(chromiumLaunchOptions);
}, 90_000);
afterAll(() => browser?.close());

/** What a page complains about when its server has just been killed. */
const lostServer = /WebSocket connection to|ERR_|Failed to load resource/;

/** A person with a browser profile of their own, who has logged in. Their page may not complain about anything else. */
async function join(url: string, name: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 720 }, ...options });
  const page = await context.newPage();
  const thrown: string[] = [];
  const printed: string[] = [];
  page.on('pageerror', (error) => thrown.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') printed.push(message.text());
  });
  onCleanup(async () => {
    await context.close();
    expect(thrown).toEqual([]);
    expect(printed.filter((text) => !lostServer.test(text))).toEqual([]);
  });
  await page.goto(url);
  await page.getByLabel('Your name').fill(name);
  expect(printed, 'on a first visit').toEqual([]);
  await page.getByRole('button', { name: 'Open the board' }).click();
  await page.getByRole('status').getByText('Live').waitFor();
  return page;
}

const column = (page: Page, title: string) => page.getByRole('region', { name: title });
const card = (page: Page, title: string) => page.locator('.card', { hasText: title });

/** The titles in each column. */
const boardOf = (page: Page) =>
  page
    .locator('.column')
    .evaluateAll((columns) =>
      columns.map((each) => [...each.querySelectorAll('.title')].map((title) => title.textContent)),
    );

async function add(page: Page, title: string, to = 'To do'): Promise<void> {
  const input = page.getByLabel(`New card in ${to}`);
  await input.fill(title);
  await input.press('Enter');
}

/** The page's network, as far as the board is concerned. */
async function networkOf(page: Page) {
  let isOffline = false;
  const links = new Set<{ close(): Promise<void> }>();
  await page.routeWebSocket(/asyngular/, (link) => {
    if (isOffline) return void link.close();
    link.connectToServer();
    links.add(link);
  });
  await page.reload();
  await page.getByRole('status').getByText('Live').waitFor();
  return {
    async cut(): Promise<void> {
      isOffline = true;
      for (const link of links) await link.close();
      await page.getByRole('status').getByText('Offline').waitFor();
    },
    restore(): void {
      isOffline = false;
    },
  };
}

const screenshot = (page: Page, name: string) =>
  page.screenshot({
    path: fileURLToPath(new URL(`../../../test-output/kanban-${name}.png`, import.meta.url)),
  });

it('two people add, move and rewrite cards, and see each other do it', async () => {
  const { url } = await startKanban();
  const ada = await join(url, 'Ada');
  const bob = await join(url, 'Bob');
  await ada.getByLabel('People on this board').getByText('Bob').waitFor();

  await add(ada, 'Write the tests');
  await card(bob, 'Write the tests').waitFor();
  await card(bob, 'Write the tests').dragTo(column(bob, 'Doing'));
  await column(ada, 'Doing').getByText('Write the tests').waitFor();
  await card(ada, 'Write the tests').press('Alt+ArrowRight');
  await column(bob, 'Done').getByText('Write the tests').waitFor();
  // The card has kept the focus, so that keys can go on moving it. A key moves it from where this page shows it, which
  // may be later than where the other one does.
  const focused = (title: string) => column(ada, title).locator('.card:focus').waitFor();
  await focused('Done');
  await ada.keyboard.press('Alt+ArrowLeft');
  await column(bob, 'Doing').getByText('Write the tests').waitFor();
  await focused('Doing');
  await ada.keyboard.press('Alt+ArrowRight');
  await column(bob, 'Done').getByText('Write the tests').waitFor();

  await card(bob, 'Write the tests').click();
  await ada.getByText('Bob is writing').waitFor();
  await bob.getByLabel('Text').fill('All of them');
  await screenshot(bob, 'dialog');
  await bob.getByRole('button', { name: 'Save' }).click();
  await card(ada, 'All of them').waitFor();
  // Who edits is said apart from the edits, so that neither waits for the other.
  await ada.getByText('Bob is writing').waitFor({ state: 'detached' });

  const box = (await column(bob, 'Doing').boundingBox())!;
  await bob.mouse.move(box.x + box.width / 2, box.y + 60);
  await column(ada, 'Doing').locator('.cursor span', { hasText: 'Bob' }).waitFor();
  await screenshot(ada, 'desktop');

  await card(ada, 'Write the tests').click();
  await ada.getByRole('button', { name: 'Remove' }).click();
  await until('the card to go', async () => (await card(bob, 'Write the tests').count()) === 0);
  await bob.getByRole('button', { name: 'Log out' }).click();
  await bob.getByLabel('Your name').waitFor();
  await until('Bob to be gone', async () => {
    const people = await ada.getByLabel('People on this board').textContent();
    return people?.includes('Bob') === false;
  });
});

it('what one person changes of a card stays when another one saves the rest, or has removed it', async () => {
  const { url } = await startKanban();
  const ada = await join(url, 'Ada');
  const bob = await join(url, 'Bob');
  await card(ada, 'Drag me').click();
  await card(bob, 'Drag me').click();
  await bob.getByLabel('Title').fill('Dragged');
  await bob.getByLabel('Done', { exact: true }).check();
  await bob.getByRole('button', { name: 'Save' }).click();
  await column(ada, 'Done').getByText('Dragged').waitFor();
  await ada.getByLabel('Text').fill('By Ada');
  await ada.getByRole('button', { name: 'Save' }).click();
  await column(bob, 'Done').getByText('By Ada').waitFor();
  expect(await column(bob, 'Done').locator('.card', { hasText: 'By Ada' }).textContent()).toContain(
    'Dragged',
  );

  await card(ada, 'Dragged').click();
  await card(bob, 'Dragged').click();
  await ada.getByLabel('Text').fill('Much to write again');
  await bob.getByRole('button', { name: 'Remove' }).click();
  await ada.getByText('Somebody has removed this card').waitFor();
  expect(await ada.getByLabel('Text').inputValue()).toBe('Much to write again');
  await ada.getByRole('button', { name: 'Save' }).click();
  await column(bob, 'Done').getByText('Much to write again').waitFor();
});

it('says that a login has ended, and sends what waited after the next one', async () => {
  const { url } = await startKanban();
  const bob = await join(url, 'Bob');
  const ada = await join(url, 'Ada');
  const network = await networkOf(ada);
  const second = await ada.context().newPage();
  await second.goto(url);
  await second.getByRole('status').getByText('Live').waitFor();

  await second.route('**/logout', (route) => route.abort());
  await second.getByRole('button', { name: 'Log out' }).click();
  await second.getByText('You are still logged in').waitFor();
  await second.unroute('**/logout');

  await network.cut();
  await add(ada, 'Written in a tunnel');
  await second.getByRole('button', { name: 'Log out' }).click();
  await second.getByText('One board for everybody').waitFor();
  await ada.bringToFront();
  network.restore();
  await ada.getByText('Your login has ended').waitFor();
  await screenshot(ada, 'login-over');
  expect(await ada.getByLabel('Your name').inputValue()).toBe('Ada');
  await ada.getByRole('button', { name: 'Open the board' }).click();
  await card(bob, 'Written in a tunnel').waitFor();
  await until('nothing to wait', async () => (await ada.locator('.card.pending').count()) === 0);
});

it('loses nothing when a server is killed while two people work', async () => {
  const { url } = await startKanban();
  const ada = await join(url, 'Ada');
  const bob = await join(url, 'Bob');
  const added: string[] = [];
  const serverOf = async (page: Page) => {
    await page.getByText(/server process \d+/).waitFor();
    return Number(/server process (\d+)/.exec((await page.getByRole('status').textContent())!)![1]);
  };
  const killed = await serverOf(ada);
  for (let round = 0; round < 12; round++) {
    for (const [page, name] of [
      [ada, 'Ada'],
      [bob, 'Bob'],
    ] as const) {
      added.push(`${name} ${round}`);
      await add(page, `${name} ${round}`, round % 2 ? 'Doing' : 'Done');
    }
    if (round === 4) process.kill(killed, 'SIGKILL');
  }
  const ofBoth = () => Promise.all([boardOf(ada), boardOf(bob)]);
  await until(
    'the same board with all cards on both pages',
    async () => {
      const [first, second] = await ofBoth();
      const all = first.flat();
      return (
        JSON.stringify(first) === JSON.stringify(second) &&
        added.every((title) => all.filter((other) => other === title).length === 1)
      );
    },
    ofBoth,
  );
  for (const page of [ada, bob]) {
    await page.getByRole('status').getByText('Live').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await page.locator('.card.pending').count()).toBe(0);
    expect(await page.getByLabel('People on this board').locator('li').count()).toBe(2);
    expect(await serverOf(page)).not.toBe(killed);
  }
});

it('takes edits while it is offline, shows that they wait, and sends them later', async () => {
  const { url } = await startKanban();
  const bob = await join(url, 'Bob');
  const ada = await join(url, 'Ada');
  const network = await networkOf(ada);
  await network.cut();
  await add(ada, 'Written in a tunnel');
  await card(ada, 'Open this board').press('Alt+ArrowRight');
  await ada.getByText('2 changes wait').waitFor();
  await card(ada, 'Not saved yet').first().waitFor();
  expect(await card(bob, 'Written in a tunnel').count()).toBe(0);
  await add(bob, 'Meanwhile');
  await screenshot(ada, 'offline');

  network.restore();
  const click = ada.getByRole('button', { name: 'Connect now' }).click();
  // It may come back by itself just then, and the button goes.
  click.catch(() => {});
  await Promise.race([click, ada.getByRole('status').getByText('Live').waitFor()]);
  await card(bob, 'Written in a tunnel').waitFor();
  await column(bob, 'Doing').getByText('Open this board').waitFor();
  await card(ada, 'Meanwhile').waitFor();
  await until('the same board', async () => {
    return JSON.stringify(await boardOf(ada)) === JSON.stringify(await boardOf(bob));
  });
  expect(await ada.locator('.card.pending').count()).toBe(0);
});

it('is for phones, for the night, and for those who use a screen reader', async () => {
  const { url } = await startKanban();
  const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
  const page = await join(url, 'Ada', { ...phone, colorScheme: 'dark' });
  await screenshot(page, 'phone-dark');
  await card(page, 'Drag me').tap();
  await page.getByLabel('Doing', { exact: true }).check();
  await screenshot(page, 'phone-dialog');
  await page.getByRole('button', { name: 'Save' }).tap();
  await column(page, 'Doing').getByText('Drag me').waitFor();

  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // Evaluated, since the page's policy takes no scripts but its own.
    await page.evaluate(axeSource);
    const violations = await page.evaluate(async () => {
      const { axe } = globalThis as any;
      const { violations } = await axe.run({ resultTypes: ['violations'] });
      return violations.map(({ id, nodes }: any) => `${id}: ${nodes[0].html}`);
    });
    expect(violations, colorScheme).toEqual([]);
  }
});
