import { createServer } from 'node:http';
import { attach } from '@asyngular/server';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { closeServer, listenOn, portOf } from '@asyngular/test-utils/ports';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { within } from '@asyngular/test-utils/wait';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
// @ts-expect-error a script of the build, without types
import { bundleClient } from '../bundle.mjs';
import * as nodeClient from '../src/index.js';

const MESSAGES = 3_000;
const MESSAGE_BYTES = 10_000;
const LIMIT_BYTES = 1_048_576;
const MAX_UNSENT = 1_000;

interface Course {
  /** The most that the client had in its WebSocket and in its queue. */
  mostBytes: number;
  mostUnsent: number;
  /** Numbers of the messages, in the order of the events. */
  dropped: number[];
  /** Numbers of the messages that reached the server, in the order of their arrival. */
  received: number[];
  /** The events `backpressure` and `drain`. */
  signs: string[];
}

interface Place {
  port: number;
  /** Leads to the same server, until its `hold` procedure is called, and again after `release`. */
  slowPort: number;
}

/** Sends more than the network takes; runs as it stands in Node and in a page. */
async function flood(
  { create }: Pick<typeof nodeClient, 'create'>,
  { port, slowPort }: Place,
  [messages, messageBytes, outboundLimit, maxUnsentMessages]: number[],
): Promise<Course> {
  const hostname = '127.0.0.1';
  const control = create({ hostname, port });
  const options = { outboundHighWaterMark: 65_536, outboundLimit, maxUnsentMessages };
  const socket = create({ hostname, port: slowPort, ...options });
  const dropped: number[] = [];
  (async () => {
    for await (const { data } of socket.listener('transmitDropped')) dropped.push(data.number);
  })();
  await socket.listener('connect').once(10_000);
  await control.invoke('hold');
  const signs: string[] = [];
  for (const sign of ['backpressure', 'drain'] as const) {
    (async () => {
      for await (const _ of socket.listener(sign)) signs.push(sign);
    })();
  }
  let [mostBytes, mostUnsent] = [0, 0];
  const text = 'x'.repeat(messageBytes!);
  for (let number = 0; number < messages!; number++) {
    void socket.transmit('log', { number, text });
    mostBytes = Math.max(mostBytes, socket.bufferedBytes);
    mostUnsent = Math.max(mostUnsent, socket.unsentCount);
    // The event loop goes round, so that the network takes what it can.
    if (number % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await control.invoke('release');
  let received: number[] = [];
  // The outer deadline ends this.
  while (received.length < messages! - dropped.length || signs.at(-1) !== 'drain') {
    await new Promise((resolve) => setTimeout(resolve, 10));
    received = await control.invoke('received');
  }
  control.disconnect();
  socket.disconnect();
  return { mostBytes, mostUnsent, dropped, received, signs };
}

const sizes = [MESSAGES, MESSAGE_BYTES, LIMIT_BYTES, MAX_UNSENT];

/** A server behind a proxy that takes nothing more from the client when it is asked to. */
async function startSlowNetwork(): Promise<Place> {
  const httpServer = createServer((_, response) => response.end('<!doctype html>'));
  const server = attach(httpServer, { authKey: 'k'.repeat(32) });
  await listenOn(httpServer);
  const port = portOf(httpServer);
  const proxy = await TcpProxy.start(port);
  onCleanup(async () => {
    await proxy.stop();
    await server.close();
    await closeServer(httpServer);
  });
  const received: number[] = [];
  server.handleTransmit('log', ({ number }: { number: number }) => void received.push(number));
  server.handle('received', () => received);
  server.handle('hold', () => proxy.holdInbound());
  server.handle('release', () => proxy.releaseInbound());
  return { port, slowPort: proxy.port };
}

function expectNothingLost(course: Course): void {
  const { mostBytes, mostUnsent, dropped, received, signs } = course;
  expect(mostBytes).toBeGreaterThan(LIMIT_BYTES);
  expect(mostBytes).toBeLessThan(LIMIT_BYTES + 2 * MESSAGE_BYTES);
  expect(mostUnsent).toBe(MAX_UNSENT);
  expect(dropped.length).toBeGreaterThan(0);
  const numbers = Array.from({ length: MESSAGES }, (_, number) => number);
  expect(received).toEqual(numbers.filter((number) => !dropped.includes(number)));
  expect(signs).toEqual(signs.map((_, index) => (index % 2 === 0 ? 'backpressure' : 'drain')));
}

it('F16 client-unbounded: a client whose network stalls is bounded, and nothing is lost without a word', async () => {
  const place = await startSlowNetwork();
  expectNothingLost(await within('the flood', flood(nodeClient, place, sizes)));
});

it('F16 client-unbounded: the same in Chromium', async () => {
  assertChromium();
  const { code } = await bundleClient();
  const place = await startSlowNetwork();
  const browser = await chromium.launch(chromiumLaunchOptions);
  onCleanup(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${place.port}/`);
  await page.addScriptTag({ content: code });
  const course = await within(
    'the flood',
    page.evaluate<Course>(
      `(${flood})(asyngularClient, ${JSON.stringify(place)}, ${JSON.stringify(sizes)})`,
    ),
  );
  expectNothingLost(course);
}, 60_000);
