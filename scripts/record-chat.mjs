// Records the moving picture of the README: two people in the example chat, and a connection that breaks.
// Run it after `npm run build`: npm run docs:recording

import { once } from 'node:events';
import { statSync } from 'node:fs';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { startChat } from '../examples/chat/dist/server/start-chat.js';

const target = fileURLToPath(new URL('../docs/public/chat.gif', import.meta.url));
const chatDirectory = new URL('../examples/chat/', import.meta.url);
const viewport = { width: 400, height: 500 };
const border = 4;
const maxBytes = 300_000;

/** A network between a page and the chat that can be cut and mended. */
async function startNetwork(chatPort) {
  const ends = new Set();
  let isCut = false;
  const network = net.createServer((page) => {
    if (isCut) {
      page.destroy();
      return;
    }
    const chat = net.connect(chatPort, 'localhost');
    page.pipe(chat).pipe(page);
    for (const end of [page, chat]) {
      ends.add(end);
      end.on('error', () => end.destroy());
      end.on('close', () => ends.delete(end));
    }
  });
  network.listen(0);
  await once(network, 'listening');
  return {
    port: network.address().port,
    cut() {
      isCut = true;
      for (const end of ends) end.destroy();
    },
    mend() {
      isCut = false;
    },
    close: () => network.close(),
  };
}

async function enter(browser, port, name) {
  const context = await browser.newContext({ viewport, colorScheme: 'light', locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(`http://localhost:${port}/`);
  await page.fill('#login-name', name);
  await page.press('#login-name', 'Enter');
  await page.waitForSelector('body[data-view=chat]');
  return page;
}

const chat = await startChat({
  port: 0,
  authKey: 'only for this recording',
  directories: [new URL('public/', chatDirectory), new URL('dist/page/', chatDirectory)],
});
const network = await startNetwork(chat.port);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const frames = [];

try {
  const ada = await enter(browser, network.port, 'Ada Lovelace');
  const grace = await enter(browser, chat.port, 'Grace Hopper');
  const bothShow = (text) => Promise.all([ada, grace].map((page) => page.waitForSelector(text)));

  /** Takes a picture of both pages side by side, to be shown for so many milliseconds. */
  async function picture(durationMs) {
    const pages = [];
    for (const page of [ada, grace]) {
      pages.push(await page.screenshot({ caret: 'hide', animations: 'disabled' }));
    }
    const image = await sharp({
      create: {
        width: 2 * viewport.width + 3 * border,
        height: viewport.height + 2 * border,
        channels: 3,
        background: '#d9d7d0',
      },
    })
      .composite([
        { input: pages[0], left: border, top: border },
        { input: pages[1], left: viewport.width + 2 * border, top: border },
      ])
      .png()
      .toBuffer();
    frames.push({ image, durationMs });
  }

  async function say(page, text) {
    const field = page.locator('#text');
    const words = text.split(' ');
    for (let count = 2; count < words.length; count += 2) {
      await field.fill(words.slice(0, count).join(' '));
      await picture(220);
    }
    await field.fill(text);
    await picture(450);
    await field.press('Enter');
  }

  await bothShow('#room-count:has-text("2 people")');
  await picture(1_000);
  await say(ada, 'Hi Grace! Is the new release out?');
  await bothShow('#messages >> text=Hi Grace!');
  await picture(1_200);
  await say(grace, 'Since this morning.');
  await bothShow('#messages >> text=Since this morning.');
  await picture(1_200);

  network.cut();
  await ada.waitForSelector('#banner:not([hidden])');
  await picture(1_300);
  await say(grace, 'Ada? Has your train gone into a tunnel?');
  await grace.waitForSelector('#messages >> text=Has your train');
  await picture(1_500);

  await say(ada, 'Into a tunnel, yes. I write on.');
  await ada.waitForSelector('#messages >> text=Waiting to be sent');
  await picture(1_800);

  network.mend();
  await ada.waitForSelector('#banner', { state: 'hidden' });
  await bothShow('#messages >> text=Has your train');
  await bothShow('#messages >> text=I write on');
  await picture(1_800);
  await say(ada, 'Back by itself, nothing missed.');
  await bothShow('#messages >> text=nothing missed');
  await picture(3_500);
} finally {
  await browser.close();
  network.close();
  await chat.close();
}

const images = frames.map(({ image }) => image);
await sharp(images, { join: { animated: true } })
  .gif({ colours: 48, dither: 0, delay: frames.map(({ durationMs }) => durationMs) })
  .toFile(target);

const { size } = statSync(target);
console.log(`${target}: ${frames.length} frames, ${size} bytes`);
if (size > maxBytes) throw new Error(`The recording has ${size} bytes: keep it below ${maxBytes}.`);
