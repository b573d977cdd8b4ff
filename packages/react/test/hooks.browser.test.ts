import { pause, until } from '@asyngular/test-utils/wait';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlePage, type ReactVersion } from './support/bundle.js';
import { launch, type OpenPage, openPage } from './support/page.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
}, 60_000);
afterAll(() => browser?.close());

const versions: ReactVersion[] = ['18', '19'];

describe.each(versions)('React %s under StrictMode', (version) => {
  let script: string;
  beforeAll(async () => {
    script = await bundlePage(version);
  }, 60_000);
  const open = (expected?: RegExp): Promise<OpenPage> => openPage(browser, script, expected);
  const status = ({ page }: OpenPage, text: string) =>
    page.locator(`output[data-status=${text}]`).waitFor({ state: 'attached', timeout: 10_000 });

  it('mounts twice with one subscription, changes routes with none, and leaves once', async () => {
    const view = await open();
    expect(await view.page.evaluate(() => (window as any).reactVersion)).toMatch(
      new RegExp(`^${version}\\.`),
    );
    await view.show('room');
    await status(view, 'live');
    expect(view.frames).toEqual(['#subscribe room:1']);

    await view.show('nothing');
    await view.show('crowd');
    await view.text('members', 'online');
    await view.show('nothing');
    await view.show('room');
    await status(view, 'live');
    // Longer than what is left of the second after which it would have been left.
    await pause(1_200);
    expect(view.frames).toEqual(['#subscribe room:1']);

    await view.show('nothing');
    await until('the end', () => view.frames.length > 1);
    expect(view.frames).toEqual(['#subscribe room:1', '#unsubscribe room:1']);
    expect(await view.page.evaluate(() => (window as any).socket.state)).toBe('open');
  });

  it('shows the past, what follows, and who is here', async () => {
    const view = await open();
    await view.server.exchange.invokePublish('room:1', { text: 'before' });
    await view.show('crowd');
    await view.text('latest', 'before');
    await view.text('me', 'online');
    await view.server.exchange.invokePublish('room:1', { text: 'after' });
    await view.text('latest', 'after');
    expect(await view.page.locator('li').allTextContents()).toEqual(['before', 'after']);
    await view.page.getByText('Type').click();
    await view.text('members', 'typing');
    expect(view.frames).toEqual(['#subscribe room:1']);
  });

  it('publishes offline: pending, then confirmed in the order of the channel', async () => {
    const view = await open(/WebSocket connection|asyngular/);
    await view.show('room');
    await status(view, 'live');
    view.proxy.cut();
    await status(view, 'offline');
    await view.page.getByLabel('Text').fill('mine');
    await view.page.getByText('Send').click();
    await view.page.locator('li[data-state=pending]', { hasText: 'mine' }).waitFor();
    await view.server.exchange.invokePublish('room:1', { text: 'theirs' });
    view.proxy.restore();
    await view.page.locator('li[data-state=ok]', { hasText: 'mine' }).waitFor();
    await view.page.locator('li', { hasText: 'theirs' }).waitFor();
    expect(await view.page.locator('li').allTextContents()).toEqual(['theirs', 'mine']);
    expect(await view.page.locator('output').getAttribute('data-gap')).toBe('false');
  });

  it('calls the latest callback, each publication once, without a rendering', async () => {
    const view = await open();
    await view.show('callbacks');
    await view.text('callback', 'live');
    const callbacks = () =>
      view.page.evaluate(() => (window as any).callbacks()) as Promise<{
        seen: string[];
        renderings: number;
      }>;
    const seen = async (count: number) =>
      until(`${count} calls`, async () => (await callbacks()).seen.length === count, callbacks);
    await view.server.exchange.invokePublish('room:1', { text: '1' });
    await seen(1);
    const { renderings } = await callbacks();
    for (const text of ['2', '3']) await view.server.exchange.invokePublish('room:1', { text });
    await seen(3);
    expect((await callbacks()).renderings).toBe(renderings);
    await view.page.getByText('Other').click();
    await view.server.exchange.invokePublish('room:1', { text: '4' });
    await seen(4);
    expect((await callbacks()).seen).toEqual(['a:1', 'a:2', 'a:3', 'b:4']);
    expect(view.frames).toEqual(['#subscribe room:1']);
  });

  it('throws a refusal that nobody reads, and asks again when the boundary is reset', async () => {
    const view = await open(/Not for you|above error|asyngular/);
    let isAllowed = false;
    view.server.use('inbound', (action) => {
      if (action.type === 'subscribe' && !isAllowed) action.block(new Error('Not for you'));
    });
    await view.show('refused');
    await view.page.getByText('Caught Not for you').waitFor();
    await view.text('careful', 'refused Not for you');
    isAllowed = true;
    await view.page.getByText('Caught').click();
    await view.page.locator('#careless').waitFor({ state: 'attached' });
    await view.text('careful', 'live');
    expect(await view.page.getByText('Caught').count()).toBe(0);
  });

  it('has the rest: connection, token, stream, messages and calls of the server, queries', async () => {
    const view = await open();
    const calls: number[] = [];
    view.server.handle('count', async function* (to: number) {
      calls.push(to);
      for (let n = 1; n <= to; n++) yield n;
    });
    view.server.handle('hello', (name) => `Hello, ${name}`);
    await view.show('others');
    await view.text('connection', 'open');
    await view.text('auth', 'unauthenticated');
    await view.text('stream', 'done 1,2,3');
    await view.text('call', 'Hello, Ada');
    await view.text('count', '1,2');
    // TanStack Query itself withdraws and repeats what is unmounted, as StrictMode does.
    expect(calls.filter((to) => to === 3)).toEqual([3]);
    const [socket] = Object.values(view.server.clients);
    await socket!.transmit('notice', 'It rains');
    await view.text('notice', 'It rains');
    expect(await socket!.invoke('double', 21)).toBe(42);
    await socket!.setAuthToken({ name: 'Ada' });
    await view.text('auth', 'Ada');
  });

  it('asks for nothing while it is to skip', async () => {
    const view = await open();
    await view.show('skipping');
    await view.text('skipping', 'idle');
    expect(view.frames).toEqual([]);
  });
});
