import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { expect, it } from 'vitest';
import { launch, openPage } from './support/page.js';

it('a page built by Vite for production shows the past and follows', async () => {
  const [{ output }] = (await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    oxc: { jsx: { runtime: 'automatic', development: false } },
    build: {
      write: false,
      target: 'es2022',
      lib: {
        entry: fileURLToPath(new URL('./page/main.tsx', import.meta.url)),
        formats: ['iife'],
        name: 'page',
      },
    },
    resolve: { conditions: ['@asyngular/source', 'browser', 'module', 'production'] },
  })) as [Rolldown.RolldownOutput];
  const browser = await launch();
  try {
    const view = await openPage(browser, output[0].code);
    await view.server.exchange.invokePublish('room:1', { text: 'before' });
    await view.show('crowd');
    await view.text('latest', 'before');
    await view.server.exchange.invokePublish('room:1', { text: 'after' });
    await view.text('latest', 'after');
    expect(view.frames).toEqual(['#subscribe room:1']);
  } finally {
    await browser.close();
  }
}, 60_000);
