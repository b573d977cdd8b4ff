import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { nextEvent } from '@asyngular/test-utils/event';
import { FrameClient, type ServerFrame } from '@asyngular/test-utils/frame-client';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { onConnection, startServer, until } from './support/server.js';

const OFFER = 'permessage-deflate; client_max_window_bits';
const long = 'all work and no play '.repeat(200);

function inflate({ payload, isCompressed }: ServerFrame, windowBits = 15): string {
  if (!isCompressed) return payload.toString();
  const trailer = Buffer.from([0, 0, 0xff, 0xff]);
  return inflateRawSync(Buffer.concat([payload, trailer]), {
    windowBits,
    finishFlush: 2,
  }).toString();
}

/** A subscriber whose heartbeats are left out of `messages()`. */
async function subscriber(url: string, extensions?: string) {
  const client = new FrameClient(url, extensions);
  await client.handshake();
  client.sendText('{"event":"#subscribe","data":{"channel":"c"},"cid":2}');
  await until('the subscription', () => client.frames.length > 0);
  client.frames.length = 0;
  const messages = () =>
    client.frames.filter(({ opcode, payload }) => opcode < 3 && payload.length);
  return { client, messages };
}

describe('perMessageDeflate', () => {
  it('is off by default', async () => {
    const { server, url } = await startServer();
    const { client, messages } = await subscriber(url, OFFER);
    expect(client.response.toLowerCase()).not.toContain('sec-websocket-extensions');
    await server.exchange.transmitPublish('c', long);
    await until('the publication', () => messages().length === 1);
    expect(messages()[0]!.isCompressed).toBe(false);
  });

  it('compresses a publication once for all who can read it, the same for the others', async () => {
    const { server, url } = await startServer({ perMessageDeflate: true });
    const [first, second, third, plain] = await Promise.all([
      subscriber(url, OFFER),
      subscriber(url, 'permessage-deflate; server_no_context_takeover'),
      subscriber(url, 'permessage-deflate; server_max_window_bits=9'),
      subscriber(url),
    ]);
    expect(first.client.response).toContain('server_no_context_takeover');
    expect(plain.client.response).not.toContain('permessage-deflate');
    const all = [first, second, third, plain];
    for (let round = 0; round < 3; round++) await server.exchange.transmitPublish('c', long);
    await server.exchange.transmitPublish('c', 'short');
    await server.exchange.transmitPublish('c', `${long}!`);
    await until('all publications', () => all.every(({ messages }) => messages().length === 5));
    const data = [long, long, long, 'short', `${long}!`];
    for (const { messages } of all) {
      const bits = messages === third.messages ? 9 : 15;
      expect(messages().map((frame) => JSON.parse(inflate(frame, bits)).data.data)).toEqual(data);
    }
    expect(first.messages().map(({ isCompressed }) => isCompressed)).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
    expect(plain.messages().some(({ isCompressed }) => isCompressed)).toBe(false);
    expect(second.messages()).toEqual(first.messages());
    // No context: a repetition is not shorter than the first.
    expect(first.messages()[1]!.payload.equals(first.messages()[0]!.payload)).toBe(true);
    expect(first.messages()[0]!.payload.length).toBeLessThan(long.length / 10);
  });

  it('obeys the threshold, and sends plainly what does not get smaller', async () => {
    const { server, url } = await startServer({ perMessageDeflate: { threshold: 100 } });
    const { messages } = await subscriber(url, OFFER);
    await server.exchange.transmitPublish('c', 'x'.repeat(20));
    await server.exchange.transmitPublish('c', 'x'.repeat(100));
    server.clients[Object.keys(server.clients)[0]!]!.send(randomBytes(200));
    await until('all messages', () => messages().length === 3);
    expect(messages().map(({ isCompressed }) => isCompressed)).toEqual([false, true, false]);
  });

  it('works both ways with a WebSocket client, for messages, answers, bytes and large ones', async () => {
    const { server, url } = await startServer({ perMessageDeflate: true });
    server.handle('echo', (data) => data);
    const bytes = Buffer.alloc(5_000, 7);
    onConnection(server, (socket) => {
      socket.send(bytes);
    });
    const client = new WebSocket(url, { perMessageDeflate: { threshold: 0 } });
    const received: unknown[] = [];
    client.on('message', (data, isBinary) => received.push(isBinary ? data : String(data)));
    await nextEvent(client, 'open');
    expect(client.extensions).toBe('permessage-deflate');
    client.send('{"event":"#handshake","data":{"authToken":null},"cid":1}');
    await until('the bytes', () => received.some((data) => Buffer.isBuffer(data)));
    expect(received.find((data) => Buffer.isBuffer(data))).toEqual(bytes);
    const huge = long.repeat(40);
    for (const [cid, data] of [long, 'short', huge, long].entries()) {
      client.send(JSON.stringify({ event: 'echo', cid: cid + 10, data }));
    }
    await until('the answers', () => received.some((text) => String(text).startsWith('{"rid":13')));
    expect(received.map((text) => String(text)).filter((text) => /^{"rid":1\d/.test(text))).toEqual(
      [long, 'short', huge, long].map((data, index) => `{"rid":${index + 10},"data":"${data}"}`),
    );
    client.close(1000);
    await until('the end', () => client.readyState === WebSocket.CLOSED);
  });
});
