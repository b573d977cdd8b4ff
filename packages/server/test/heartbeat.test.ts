import { pass, stopTime } from '@asyngular/test-utils/clock';
import { FrameClient } from '@asyngular/test-utils/frame-client';
import { pause } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { collect, onCleanup, onConnection, startServer, until } from './support/server.js';

describe('heartbeat', () => {
  it('sends both pings until one is answered, then only that kind', async () => {
    for (const version of [1, 2] as const) {
      const { server, connect } = await startServer({ pingInterval: 20 });
      const client = connect({ answersPings: false });
      await client.handshake();
      await until('both pings', () => client.pings.length >= 2);
      expect(client.pings.slice(0, 2)).toEqual(['', '#1']);
      client.send(version === 1 ? '#2' : '');
      const [socket] = Object.values(server.clients);
      client.transmit('x');
      await client.settled();
      expect(socket!.protocolVersion).toBe(version);
      client.pings.length = 0;
      await until('more pings', () => client.pings.length >= 3);
      expect(new Set(client.pings)).toEqual(new Set([version === 1 ? '#1' : '']));
    }
  });

  it('a client of version 2 never sees a ping of version 1', async () => {
    const { connect } = await startServer({ pingInterval: 1_000 });
    stopTime();
    const client = connect();
    await client.handshake();
    const ping = client.nextPing();
    await pass(1_000);
    await ping;
    // The other kind would follow after a quarter of the interval.
    await client.settled();
    await pass(999);
    await client.settled();
    expect(client.pings).toEqual(['']);
  });

  it.each([
    [1, '#1'],
    [2, ''],
  ] as const)('protocolVersion %i sends only its own ping', async (protocolVersion, ping) => {
    const { server, connect } = await startServer({ protocolVersion, pingInterval: 20 });
    expect(server.protocolVersion).toBe(protocolVersion);
    const client = connect();
    await client.handshake();
    await until('pings', () => client.pings.length >= 3);
    expect(new Set(client.pings)).toEqual(new Set([ping]));
  });

  it('sends no ping before the handshake', async () => {
    const { connect } = await startServer({ pingInterval: 10 });
    stopTime();
    const client = connect();
    await client.opened();
    await pass(100);
    await client.handshake();
    expect(client.pings).toEqual([]);
    const ping = client.nextPing();
    await pass(10);
    await ping;
  });

  it('closes 4001 without a sign of life; other messages count as one', async () => {
    const { server, connect } = await startServer({ pingInterval: 20, pingTimeout: 80 });
    stopTime();
    const silent = connect({ answersPings: false });
    await silent.handshake();
    const chatty = connect({ answersPings: false });
    await chatty.handshake();
    for (let passed = 0; passed < 240; passed += 20) {
      await chatty.settled();
      await pass(20);
    }
    expect((await silent.whenClosed()).code).toBe(4001);
    await chatty.settled();
    expect(server.clientsCount).toBe(1);
    await pass(160);
    expect((await chatty.whenClosed()).code).toBe(4001);
  });

  it('pingTimeoutDisabled sends nothing and tells clients 2^31-1', async () => {
    const { connect } = await startServer({
      pingTimeoutDisabled: true,
      pingInterval: 10,
      pingTimeout: 20,
    });
    stopTime();
    const client = connect();
    expect((await client.handshake()).data.pingTimeout).toBe(2 ** 31 - 1);
    await pass(60_000);
    await client.settled();
    expect(client.pings).toEqual([]);
  });

  it('emits message for every frame when somebody listens, pongs included', async () => {
    const { server, open } = await startServer();
    const messages: unknown[] = [];
    onConnection(server, (socket) =>
      collect(socket.listener('message'), ({ message }) => messages.push(message)),
    );
    const client = await open();
    client.send('');
    client.send('text');
    await client.settled();
    expect(messages.slice(0, 2)).toEqual(['', 'text']);
  });

  it('finds silence after a message a pingInterval too late at most', async () => {
    const { connect } = await startServer({ pingInterval: 1_000, pingTimeout: 3_000 });
    stopTime();
    const client = connect({ answersPings: false });
    await client.handshake();
    await pass(900);
    // The last sign of life.
    await client.settled();
    await pass(3_000);
    expect(client.closed).toBeUndefined();
    await pass(200);
    expect((await client.whenClosed()).code).toBe(4001);
  });
});

describe('behind a loop that is stuck', () => {
  /** A server whose clients fill the backlog: it consumes nothing until it is released. */
  async function startStuck() {
    const test = await startServer({
      pingInterval: 1_000,
      pingTimeout: 3_000,
      inboundHighWaterMark: 10,
    });
    let release: () => void = () => {};
    const stuck = new Promise<void>((resolve) => {
      release = resolve;
    });
    const got: number[] = [];
    test.server.handleTransmit('note', async (n: number) => {
      await stuck;
      got.push(n);
    });
    const codes = collect(test.server.listener('disconnection'), ({ code }) => code);
    const isPaused = () =>
      Object.values(test.server.clients).some((socket) => socket.stats().isReadingPaused);
    const bystander = await test.open();
    stopTime();
    /** Lets time pass in steps within which everything is read and written, however busy the machine is. */
    async function passSlowly(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += 250) {
        await pass(250);
        await pause(5);
        await bystander.settled();
      }
    }
    return { ...test, got, codes, isPaused, passSlowly, release: () => release() };
  }

  const notes = [...Array(500)].map((_, n) => JSON.stringify({ event: 'note', data: n }));

  it('a silent client is dropped', async () => {
    const { connect, codes, isPaused, passSlowly } = await startStuck();
    const client = connect({ answersPings: false });
    await client.handshake();
    for (const note of notes) client.send(note);
    await until('reading is paused', isPaused);
    // What it had sent is read at the next ping, and may have been sent just then.
    await passSlowly(3_000);
    expect(codes).toEqual([]);
    await until('the end', async () => {
      await passSlowly(250);
      return codes.length > 0;
    });
    expect(codes).toEqual([4001]);
  });

  it('a client that hangs up is dropped at the next ping', async () => {
    const { url, codes, isPaused, passSlowly } = await startStuck();
    const client = new FrameClient(url);
    onCleanup(() => client.socket.destroy());
    await client.handshake();
    for (const note of notes) client.sendText(note);
    await until('reading is paused', isPaused);
    client.socket.end();
    await passSlowly(1_000);
    await until('the end', () => codes.length > 0);
    expect(codes).toEqual([1006]);
  });

  it('a client that is still there is kept, and heard in order', async () => {
    const { connect, got, codes, isPaused, passSlowly, release } = await startStuck();
    const client = connect();
    await client.handshake();
    for (const note of notes) client.send(note);
    await until('reading is paused', isPaused);
    for (let n = 0; n < 10; n++) {
      client.transmit('note', 500 + n);
      await passSlowly(2_000);
    }
    expect(codes).toEqual([]);
    expect(isPaused()).toBe(true);
    release();
    await until('all notes', () => got.length === 510);
    expect(got).toEqual([...Array(510)].map((_, n) => n));
  });
});
