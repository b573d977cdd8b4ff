// How long a key takes to be seen in a page whose list gets 5,000 messages a second through `useMessages`, in production
// builds of React. Run by `npm run react:typing`, which builds the packages first; on a machine that does nothing else.
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { attach } from '@asyngular/server';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const RATE = Number(process.env.RATE ?? 5_000);
const KEYS = Number(process.env.KEYS ?? 150);
const KEY_INTERVAL_MS = 60;
const TICK_MS = 10;

const root = resolve(import.meta.dirname, '..');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const [version, modules] of [
  ['18', 'peers/node_modules'],
  ['19', 'node_modules'],
]) {
  for (const rate of [0, RATE]) {
    console.log(
      `React ${version}, ${rate} messages/s: ${await measure(join(root, modules), rate)}`,
    );
  }
}
await browser.close();

async function measure(modules, rate) {
  const script = await bundle(modules);
  const http = createServer((request, response) => {
    response.setHeader(
      'content-type',
      request.url === '/page.js' ? 'text/javascript' : 'text/html',
    );
    response.end(
      request.url === '/page.js'
        ? script
        : '<!doctype html><div id="root"></div><script src="/page.js"></script>',
    );
  });
  const server = attach(http, { authKey: 'of a measurement, and long enough' });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address();
  const page = await browser.newPage();
  await page.goto(`http://localhost:${port}/?port=${port}`);
  await page.evaluate(() => window.show('flood'));
  await page.waitForFunction(() => window.socket.isSubscribed('flood'));

  let sent = 0;
  const start = performance.now();
  const flood = setInterval(() => {
    for (const due = ((performance.now() - start) * rate) / 1_000; sent < due; sent++) {
      server.exchange.transmitPublish('flood', { n: sent });
    }
  }, TICK_MS);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busyBefore = await busySeconds(devtools);
  await page.evaluate(watchKeys);
  await page.getByLabel('Text').focus();
  for (let key = 0; key < KEYS; key++) {
    await page.keyboard.press('x');
    await page.waitForTimeout(KEY_INTERVAL_MS);
  }
  clearInterval(flood);
  const seconds = (performance.now() - start) / 1_000;
  const busy = ((await busySeconds(devtools)) - busyBefore) / seconds;
  const times = await page.evaluate(() => window.times);
  const typed = await page.getByLabel('Text').inputValue();
  // Nothing of it waits: the last one is soon shown.
  const isLast = (n) => n < 0 || document.querySelector('li:last-child')?.textContent === `${n}`;
  await page.waitForFunction(isLast, sent - 1);
  await page.close();
  await server.close();
  http.closeAllConnections();
  http.close();
  times.sort((a, b) => a - b);
  const at = (part) =>
    `${times[Math.min(times.length - 1, Math.floor(part * times.length))].toFixed(1)} ms`;
  return (
    `${Math.round(sent / seconds)} delivered per second, ${typed.length} keys, the page's main thread busy for ` +
    `${Math.round(100 * busy)} % of the time; from the key to the painted frame median ${at(0.5)}, 95 of 100 within ${at(0.95)}, the slowest ${at(1)}`
  );
}

/** Time that the page's main thread has spent on a processor, other than waiting for one. */
async function busySeconds(devtools) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value;
}

/** In the page: from the event's own time stamp, so that its wait for a busy main thread counts, to after the paint. */
function watchKeys() {
  window.times = [];
  addEventListener(
    'keydown',
    ({ timeStamp }) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.times.push(performance.now() - timeStamp);
        port2.postMessage(null);
      });
    },
    { capture: true },
  );
}

async function bundle(modules) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages/react/test/page/main.tsx')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    jsx: 'automatic',
    conditions: ['@asyngular/source', 'browser', 'production'],
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: { react: join(modules, 'react'), 'react-dom': join(modules, 'react-dom') },
    nodePaths: [modules],
  });
  return outputFiles[0].text;
}
