import { connect } from 'node:net';
import { clientFrame, FrameClient } from '@asyngular/test-utils/frame-client';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { UwsConnection } from '../src/engine/uws/connection.js';
import type { AGServerOptions } from '../src/index.js';
import type { UwsEngineOptions, UwsWebSocket } from '../src/uws.js';
import { collect, onCleanup, onConnection, until } from './support/server.js';
import { startUws, upgradeHeaders } from './support/uws-server.js';

// Frames, what is held, drains and native topics of the engine on uWebSockets.js; uws.test.ts has the rest.

describe('frames', () => {
  it('of every length, in fragments, with pings between them', async () => {
    const { server, url } = await startUws();
    const raw: unknown[] = [];
    onConnection(server, (socket) =>
      collect(socket.listener('raw'), ({ message }: any) => raw.push(message)),
    );
    const client = new FrameClient(url);
    onCleanup(() => client.socket.destroy());
    await client.handshake();
    const texts = [3, 125, 126, 65_535, 65_536].map((length) => 'é'.repeat(length));
    for (const text of texts) client.sendText(text);
    client.socket.write(clientFrame(0x01, 'be'));
    client.socket.write(clientFrame(0x89, 'there?'));
    client.socket.write(clientFrame(0x80, 'gin'));
    client.socket.write(clientFrame(0x82, Buffer.from([0, 255, 1])));
    await until('all messages', () => raw.length === texts.length + 2);
    expect(raw.slice(0, -1)).toEqual([...texts, 'begin']);
    expect([...(raw.at(-1) as Buffer)]).toEqual([0, 255, 1]);
    await until('the pong', () => client.frames.some(({ opcode }) => opcode === 10));
    expect(client.frames.find(({ opcode }) => opcode === 10)!.payload.toString()).toBe('there?');
  });

  it.each([
    ['a little beyond maxPayload', 'x'.repeat(1_500), 1009, 1009, 'maxPayload'],
    ['far beyond maxPayload', 'x'.repeat(2_001), 1006, 1009, 'maxPayload'],
  ] as const)('%s', async (_what, message, seenByClient, seenByServer, limit) => {
    const { server, open } = await startUws({ maxPayload: 1_000 });
    const disconnected = within('the disconnection', server.listener('disconnection').once());
    const client = await open();
    client.send('x'.repeat(1_000));
    await client.settled();
    client.send(message);
    expect((await client.whenClosed()).code).toBe(seenByClient);
    expect((await disconnected).code).toBe(seenByServer);
    expect(server.stats().limits[limit]).toBe(1);
  });

  it('of broken text end the connection, and are counted', async () => {
    const { server, url } = await startUws();
    const disconnected = within('the disconnection', server.listener('disconnection').once());
    const client = new FrameClient(url);
    await client.handshake();
    client.socket.write(clientFrame(0x81, Buffer.from([0xc3, 0x28])));
    expect((await disconnected).code).toBe(1007);
    await until('the end', () => client.isEnded);
    expect(client.frames).toEqual([]);
    expect(server.stats().limits.protocol).toBe(1);
  });
});

describe('while it is not to be read from', () => {
  /** A receiver that consumes nothing until it is released. */
  async function startHeld(options: AGServerOptions, engineOptions?: UwsEngineOptions) {
    const test = await startUws(
      { inboundHighWaterMark: 10, socketStreamCleanupMode: 'close', ...options },
      engineOptions,
    );
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const got: unknown[] = [];
    onConnection(test.server, async (socket) => {
      for await (const data of socket.receiver('x')) {
        await gate;
        got.push(data);
      }
    });
    const client = await test.open();
    const [socket] = Object.values(test.server.clients);
    return { ...test, client, socket: socket!, got, release: () => release() };
  }

  it('a client is heard out in order, its goodbye last', async () => {
    const { server, client, socket, got, release } = await startHeld({});
    const events: string[] = [];
    collect(server.listener('disconnection'), ({ code, reason }) => {
      events.push(`${code} ${reason} after ${got.length}`);
    });
    const numbers = [...Array(5_000)].map((_, i) => i);
    for (const n of numbers) client.transmit('x', n);
    await until('reading is paused', () => socket.stats().isReadingPaused);
    client.ws.close(4321, 'done');
    await client.whenClosed();
    expect(socket.state).toBe('open');
    expect(socket.stats().unconsumedMessages).toBe(10);
    socket.transmit('nobody', 'hears it');
    release();
    await until('all are handled', () => got.length === numbers.length);
    expect(got).toEqual(numbers);
    await until('the end', () => events.length === 1);
    expect(events[0]).toMatch(/^4321 done after 4\d{3}$/);
    expect(server.clientsCount).toBe(0);
  });

  it('a client that breaks off is over at once', async () => {
    const { server, client, socket } = await startHeld({});
    for (let i = 0; i < 100; i++) client.transmit('x', i);
    await until('reading is paused', () => socket.stats().isReadingPaused);
    const disconnected = within('the disconnection', server.listener('disconnection').once());
    client.terminate();
    expect((await disconnected).code).toBe(1006);
  });

  it('a client that sends more than maxHeldBytes is closed with 1008', async () => {
    const { server, client, socket } = await startHeld({}, { maxHeldBytes: 10_000 });
    const errors = collect(socket.listener('error'), ({ error }) => error.message);
    const packet = '{"event":"x","data":"y"}';
    // One is being consumed, ten fill the mark; those that are held cost 64 bytes more than they have.
    const most = 11 + Math.floor(10_000 / (packet.length + 64));
    for (let i = 0; i < most; i++) client.send(packet);
    await until('all have come', () => socket.getBytesReceived() > most * packet.length);
    expect(socket.state).toBe('open');
    expect(client.closed).toBeUndefined();
    client.send(packet);
    expect((await client.whenClosed()).code).toBe(1008);
    await until('the errors', () => errors.length > 0);
    expect(errors[0]).toBe('More than 10000 bytes came while reading was paused');
    expect(server.stats().limits.maxHeldBytes).toBe(1);
  });
});

describe('a client that does not read', () => {
  it('cannot have pongs pile up beyond maxHeldBytes', async () => {
    const { server, open } = await startUws({}, { maxHeldBytes: 100_000 });
    const client = await open();
    const [socket] = Object.values(server.clients);
    client.ws.pause();
    const pings = Buffer.concat(Array(1_000).fill(clientFrame(0x89, 'x'.repeat(100))));
    let highest = 0;
    const timer = setInterval(() => (client.ws as any)._socket.write(pings), 1);
    onCleanup(() => clearInterval(timer));
    await until('it is cut', () => {
      highest = Math.max(highest, socket!.bufferedBytes);
      return socket!.state === 'closed';
    });
    expect(highest).toBeLessThan(1_000_000);
    expect(server.stats().limits.maxHeldBytes).toBe(1);
  });

  it('its close frame, or never hangs up, is cut seconds later', async () => {
    const { port } = await startUws({ handshakeTimeout: 50 });
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const cut = within('the cut', new Promise((resolve) => socket.once('close', resolve)));
    const headers = Object.entries(upgradeHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /asyngular/ HTTP/1.1\r\nHost: x\r\n${headers.join('')}\r\n`);
    socket.on('error', () => {}).resume();
    await within('the end', new Promise((resolve) => socket.once('end', resolve)));
    // A connection that is gone resets whoever writes to it.
    const timer = setInterval(() => socket.write(clientFrame(0x81, 'still here')), 100);
    onCleanup(() => clearInterval(timer));
    await cut;
  });
});

it('a connection tells of a drain though it was asked in between whether it is blocked', async () => {
  let buffered = 100;
  const raw = { send: () => 0, getBufferedAmount: () => buffered } as unknown as UwsWebSocket;
  const connection = new UwsConnection(raw, '::1', 0, { maxPayload: 0, maxHeldBytes: 0 });
  let drains = 0;
  connection.handler = {
    onDrain: () => drains++,
    onMessage() {},
    onClose() {},
    onError() {},
  };
  expect(connection.send('x')).toBe(false);
  connection.drained();
  expect(drains).toBe(0);
  buffered = 0;
  expect(connection.isBlocked()).toBe(false);
  connection.drained();
  // Not within the callback of uWebSockets.js, where writing may go wrong.
  expect(drains).toBe(0);
  await until('the drain is told', () => drains === 1);
});

it.each([
  ['WebSocket timed out from inactivity', 1006, 'WebSocket timed out from inactivity'],
  ['Received TCP FIN before WebSocket close frame', 1006, ''],
  ['Received invalid UTF-8', 1007, ''],
])("a connection passes on why uWebSockets.js cut it: '%s'", async (reason, code, passedOn) => {
  const raw = { getBufferedAmount: () => 0 } as unknown as UwsWebSocket;
  const connection = new UwsConnection(raw, '::1', 0, { maxPayload: 0, maxHeldBytes: 0 });
  const ends: unknown[] = [];
  connection.handler = {
    onDrain() {},
    onMessage() {},
    onClose: (...end) => ends.push(end),
    onError() {},
  };
  connection.closed(1006, reason);
  await until('the end is announced', () => ends.length === 1);
  expect(ends).toEqual([[code, passedOn]]);
});

describe('many publications in a turn', () => {
  const COUNT = 12;

  /** Subscribers of one channel, enough for a native topic, and what each got in order. */
  async function startChannel(options: AGServerOptions = {}) {
    const test = await startUws(options);
    const clients = await Promise.all([...Array(COUNT)].map(() => test.open()));
    await Promise.all(clients.map((client) => client.subscribe('c')));
    const sockets = Object.values(test.server.clients);
    const publish = (from: number, to: number, text = '') => {
      for (let n = from; n < to; n++) test.server.exchange.transmitPublish('c', `${n}${text}`);
    };
    return { ...test, clients, sockets, publish };
  }

  const seenBy = ({ received }: { received: any[] }) =>
    received
      .slice(2)
      .map((packet) => packet.data?.data ?? packet.data)
      .filter((data) => typeof data === 'string');

  it('keep their place among everything else that a socket sends', async () => {
    const { server, clients, sockets, publish } = await startChannel();
    server.handle('echo', (data) => data);
    for (let turn = 0; turn < 20; turn++) {
      clients[1]!.send(clients[1]!.call('echo', `echo ${turn}`));
      publish(turn * 20, turn * 20 + 10);
      sockets[0]!.transmit('own', `own ${turn}`);
      publish(turn * 20 + 10, turn * 20 + 20);
      await new Promise((resolve) => setImmediate(resolve));
      // Between the writes of a turn and the next one.
      sockets[2]!.transmit('own', `own ${turn}`);
      if (turn % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(clients.map((client) => client.settled()));
    // Those that got nothing else in the last turn were members of the native topic.
    expect(server.wsServer.numSubscribers('asyngular')).toBeGreaterThanOrEqual(8);
    const numbers = [...Array(400)].map((_, i) => `${i}`);
    const own = (place: number) =>
      numbers.flatMap((n) => (Number(n) % 20 === place ? [n, `own ${Math.floor(+n / 20)}`] : [n]));
    expect(seenBy(clients[0]!)).toEqual(own(9));
    expect(seenBy(clients[2]!)).toEqual(own(19));
    for (const client of clients.slice(3)) expect(seenBy(client)).toEqual(numbers);
    const answered = seenBy(clients[1]!);
    expect(answered.filter((data) => !data.startsWith('echo'))).toEqual(numbers);
    expect(answered).toHaveLength(420);
    // With the answers to its handshake, its subscription and the question whether all is settled.
    expect(sockets[3]!.outboundSentMessageCount).toBe(403);
  });

  it('reach whoever subscribed, unsubscribed or was closed in between, and nobody else', async () => {
    const { clients, sockets, publish, open } = await startChannel();
    const late = await open();
    publish(0, 10);
    await new Promise((resolve) => setImmediate(resolve));
    await sockets[0]!.kickOut('c');
    publish(10, 20);
    setImmediate(() => sockets[1]!.disconnect(4001, 'enough'));
    await late.subscribe('c');
    publish(20, 30);
    await clients[1]!.whenClosed();
    await Promise.all([...clients.slice(2), clients[0]!, late].map((client) => client.settled()));
    const numbers = [...Array(30)].map((_, i) => `${i}`);
    expect(seenBy(clients[0]!)).toEqual(numbers.slice(0, 10));
    expect(seenBy(clients[1]!)).toEqual(numbers.slice(0, 20));
    expect(clients[1]!.closed).toEqual({ code: 4001, reason: 'enough' });
    expect(seenBy(late)).toEqual(numbers.slice(20));
    for (const client of clients.slice(2)) expect(seenBy(client)).toEqual(numbers);
  });

  it('stop for a client that does not read, at the bounds, and not for others', async () => {
    const { server, clients, sockets, publish } = await startChannel({
      outboundHighWaterMark: 256 * 1024,
      outboundLimit: 1024 * 1024,
    });
    const [stalled, ...readers] = clients;
    stalled!.ws.pause();
    let highest = 0;
    let published = 0;
    while (sockets[0]!.state === 'open' && published < 20_000) {
      publish(published, published + 10, ' '.repeat(4_096));
      published += 10;
      await new Promise((resolve) => setImmediate(resolve));
      highest = Math.max(highest, sockets[0]!.bufferedBytes);
    }
    expect(highest).toBeGreaterThan(256 * 1024);
    expect(highest).toBeLessThan(1024 * 1024 + 3 * 41_000);
    expect(server.stats().limits).toMatchObject({ outboundLimit: 1 });
    await Promise.all(readers.map((client) => client.settled()));
    const numbers = [...Array(published)].map((_, i) => i);
    for (const client of readers) {
      expect(seenBy(client).map((text) => Number.parseInt(text, 10))).toEqual(numbers);
    }
    expect(server.stats()).toMatchObject({ bufferedBytes: 0, stalledSockets: 0 });
  });
});
