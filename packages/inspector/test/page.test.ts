import { until } from '@asyngular/test-utils/wait';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, openPage, violations } from './support/open-page.js';
import { type Scene, startScene } from './support/scene.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
}, 60_000);
afterAll(() => browser?.close());

const desktop = { viewport: { width: 1360, height: 860 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** Goes to a view, and waits for something on it. */
async function visit(page: Page, { url }: Scene, view: string, what: string): Promise<void> {
  await page.goto(`${url}#/${view}`);
  await page.locator(what).first().waitFor();
}

const row = '.virtual .rows a[href]';
const views = [
  ['overview', '.plot canvas'],
  ['sockets', row],
  ['channels', row],
  ['limits', '.limits .quiet'],
  ['broker', '.facts dd'],
  ['publish/room%3A1', 'fieldset'],
  ['channels/room%3A1', '.sheet .plain li'],
] as const;

describe.each(Object.entries({ desktop, phone }))('on a %s', (_device, device) => {
  it.each(['light', 'dark'] as const)('has no barriers that axe finds, %s', async (colorScheme) => {
    const scene = await startScene(20);
    scene.talk(200);
    const { page, complaints } = await openPage(browser, scene.url, { ...device, colorScheme });
    const found: [string, string[]][] = [];
    for (const [view, what] of views) {
      await visit(page, scene, view, what);
      found.push([view, await violations(page)]);
    }
    await page.getByRole('button', { name: 'Watch' }).click();
    await page.getByText('All 0 shown.').waitFor();
    found.push(['tail', await violations(page)]);
    expect(found.filter(([, some]) => some.length > 0)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

it('finds a socket, watches it, takes it out of a channel and disconnects it', async () => {
  const scene = await startScene(30);
  const { page, complaints } = await openPage(browser, scene.url, desktop);
  await page.getByRole('link', { name: /Sockets/ }).click();
  await page.getByRole('searchbox').fill('user:ben-1');
  await expect.poll(() => page.locator('.summary').textContent()).toBe('1 of 30');
  await page.locator(row).click();
  const sheet = page.getByRole('dialog');
  await sheet.getByText('ben-1', { exact: true }).waitFor();

  await sheet.getByRole('button', { name: 'Watch' }).click();
  await sheet.getByText('All 0 shown.').waitFor();
  const [socket] = Object.values(scene.server.clients).filter(({ userId }) => userId === 'ben-1');
  scene.server.exchange.transmitPublish('news', { headline: 'It rains' });
  await sheet.locator('.lines code', { hasText: 'It rains' }).waitFor();

  await sheet.getByRole('button', { name: 'Kick out of news' }).click();
  await page.getByRole('button', { name: 'Kick out', exact: true }).click();
  await page.getByText(/You took the socket .* out of the channel news\./).waitFor();
  expect(socket!.isSubscribed('news')).toBe(false);

  await sheet.getByRole('button', { name: 'Disconnect…' }).click();
  await page.getByLabel('Reason').fill('good night');
  // Enter on what has the focus at first does nothing.
  await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await until('the end', () => socket!.state === 'closed');
  await expect.poll(() => page.locator('dialog').count()).toBe(0);
  // A look at the socket may come just after its end, and the browser notes that there is none any more.
  expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
});

it('shows names that clients have made up as the text that they are', async () => {
  const scene = await startScene(5);
  const markup = 'room:<img src=x onerror=alert(1)>';
  const route = 'room:/../#/publish/%2e%ff?server=x';
  const halfCharacter = 'room:\ud800';
  const names = [markup, route, halfCharacter];
  for (const channel of names) scene.clients[1]!.call('#subscribe', { channel });
  await until('the subscriptions', () =>
    names.every((name) =>
      Object.values(scene.server.clients).some((socket) => socket.isSubscribed(name)),
    ),
  );
  const { page, complaints } = await openPage(browser, `${scene.url}#/channels`, desktop);
  await page.getByRole('searchbox').fill('room:');
  for (const name of [markup, route]) {
    await page.getByRole('link', { name, exact: true }).click();
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('heading', { name, exact: true }).waitFor();
    await sheet.locator('a[href^="#/sockets/"]').click();
    await sheet.getByRole('link', { name, exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: /Channels/ }).click();
  }
  await page.locator('a[href="#/channels/room%3A%EF%BF%BD"]').waitFor();
  expect(await page.locator('img:not([src="icon.svg"])').count()).toBe(0);
  expect(complaints).toEqual([]);
});

it('publishes by a form of the contract, and says what the server refuses', async () => {
  const scene = await startScene(5);
  const heard: unknown[] = [];
  void (async () => {
    for await (const data of scene.server.exchange.subscribe('room:7')) heard.push(data);
  })();
  const { page } = await openPage(browser, `${scene.url}#/publish`, desktop);
  await page.getByLabel('Channel').fill('room:7');
  await page.getByLabel('text', { exact: true }).fill('Hello');
  await page.getByLabel('from').fill('ann');
  await page.getByLabel('mood (may be left out)').selectOption('keen');
  await page.getByLabel('urgent').check();
  const publish = async () => {
    await page.getByRole('button', { name: 'Publish…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).click();
  };
  await publish();
  await page.getByText('You published on the channel room:7.').waitFor();
  await until('the publication', () => heard.length === 1);
  expect(heard[0]).toEqual({ text: 'Hello', from: 'ann', mood: 'keen', urgent: true });

  await page.getByLabel('Type it as JSON').check();
  await page.getByLabel('Data, as JSON').fill('{"text":1}');
  await publish();
  await page.getByRole('alert').getByText(/text/).waitFor();
  expect(heard).toHaveLength(1);
});

it('asks before anything is done, and Escape or Enter at once does nothing', async () => {
  const scene = await startScene(5);
  const { page } = await openPage(browser, `${scene.url}#/sockets`, desktop);
  for (const key of ['Escape', 'Enter']) {
    await page.locator(row).first().click();
    await page.getByRole('button', { name: 'Disconnect for good…' }).click();
    await page.locator('.confirm').waitFor();
    await page.keyboard.press(key);
    await expect.poll(() => page.locator('.confirm').count()).toBe(0);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
  }
  expect(scene.server.clientsCount).toBe(5);
});

it('shows nothing that changes something to those who may only look', async () => {
  const scene = await startScene(5, { readOnly: true });
  const { page } = await openPage(browser, `${scene.url}#/sockets`, desktop);
  await page.getByText('ann, read-only').waitFor();
  expect(await page.getByRole('link', { name: 'Publish' }).count()).toBe(0);
  await page.locator(row).first().click();
  await page.getByRole('button', { name: 'Watch' }).waitFor();
  expect(await page.getByRole('button', { name: /Disconnect|Kick/ }).count()).toBe(0);
});

it('is used by keyboard alone', async () => {
  const scene = await startScene(300);
  const { page } = await openPage(browser, scene.url, desktop);
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('To the content');
  for (let presses = 0; presses < 2; presses++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator(row).first().waitFor();
  await page.locator('.scroller').focus();
  await page.keyboard.press('End');
  // The last row of the list has come, whose data are read when it is seen.
  await page.locator('.virtual tr[aria-rowindex="301"] a[href]').waitFor();
});

it('says that the server is away, and goes on when it is back', async () => {
  const scene = await startScene(5);
  const { page } = await openPage(browser, scene.url, desktop);
  await page.context().setOffline(true);
  await page
    .getByRole('alert')
    .getByText(/cannot be reached/)
    .waitFor();
  await page.context().setOffline(false);
  await expect.poll(() => page.locator('.trouble').isHidden(), { timeout: 40_000 }).toBe(true);
});
