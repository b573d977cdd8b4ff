import type { RawClient } from '@asyngular/test-utils/raw-client';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { AGAction, type MiddlewareLine } from '../src/index.js';
import { collect, onConnection, startServer, until } from './support/server.js';
import { upgradeRequest } from './support/upgrade-request.js';

describe('setMiddleware', () => {
  it('refuses unknown lines and a second function, and removes', async () => {
    const { server } = await startServer();
    expect(() => server.setMiddleware('nope' as any, async () => {})).toThrow(
      'Middleware nope type is not supported',
    );
    server.setMiddleware('inbound', async () => {});
    expect(() => server.setMiddleware('inbound', async () => {})).toThrow(
      "Middleware inbound type has already been set; call removeMiddleware('inbound') first",
    );
    expect(server.hasMiddleware('inbound')).toBe(true);
    server.removeMiddleware(server.MIDDLEWARE_INBOUND);
    expect(server.hasMiddleware('inbound')).toBe(false);
  });

  it('applies to sockets that are connected already, and stops when removed', async () => {
    const { server, open } = await startServer();
    const got: unknown[] = [];
    onConnection(server, (socket) => collect(socket.receiver('x'), (data) => got.push(data)));
    const client = await open();
    server.setMiddleware('inbound', async (stream) => {
      for await (const action of stream) action.allow({ data: 'changed' });
    });
    client.transmit('x', 1);
    await client.settled();
    server.removeMiddleware('inbound');
    client.transmit('x', 2);
    await client.settled();
    expect(got).toEqual(['changed', 2]);
  });
});

describe('actions', () => {
  it('come with their fields, in packet order, through every line', async () => {
    const { server, connect } = await startServer();
    const seen: unknown[] = [];
    const watch = (line: MiddlewareLine) =>
      server.setMiddleware(line, async (stream) => {
        for await (const action of stream as AsyncIterable<any>) {
          const { type, receiver, procedure, channel, request, socket } = action;
          seen.push([line, type, receiver ?? procedure ?? channel ?? null, !!request, !!socket]);
          expect(action).toBeInstanceOf(AGAction);
          action.allow();
        }
      });
    for (const line of ['handshake', 'inboundRaw', 'inbound', 'outbound'] as const) watch(line);
    const client = connect();
    await client.handshake();
    await client.subscribe('c', 1);
    client.transmit('r', 1);
    client.send(client.call('p', 1));
    await client.request('#publish', { channel: 'c', data: 1 });
    await client.settled();
    expect(seen.filter(([line]: any) => line !== 'inboundRaw')).toEqual([
      ['handshake', 'handshakeWS', null, true, false],
      ['handshake', 'handshakeAG', null, true, true],
      ['inbound', 'subscribe', 'c', false, true],
      ['inbound', 'transmit', 'r', false, true],
      ['inbound', 'invoke', 'p', false, true],
      ['inbound', 'publishIn', 'c', false, true],
      ['outbound', 'publishOut', 'c', false, true],
    ]);
    expect(seen.filter(([line]: any) => line === 'inboundRaw')).toHaveLength(6);
  });

  it('constants and values agree, on the class and on actions', () => {
    expect(AGAction.HANDSHAKE_WS).toBe('handshakeWS');
    expect(AGAction.PUBLISH_OUT).toBe('publishOut');
    expect(AGAction.prototype.AUTHENTICATE).toBe('authenticate');
  });

  it('allow replaces the payload; changes in place count; settling twice throws', async () => {
    const { server, open } = await startServer();
    const got: unknown[] = [];
    const errors: string[] = [];
    onConnection(server, (socket) => collect(socket.receiver('x'), (data) => got.push(data)));
    server.setMiddleware('inbound', async (stream) => {
      for await (const { data, allow, block } of stream) {
        if (data.replace) allow({ data: 'replaced' });
        else {
          data.changed = true;
          allow('not an object' as any);
        }
        try {
          block();
        } catch (error) {
          errors.push((error as Error).message);
        }
      }
    });
    const client = await open();
    client.transmit('x', { replace: true });
    client.transmit('x', { n: 1 });
    await until('both', () => got.length === 2);
    expect(got).toEqual(['replaced', { n: 1, changed: true }]);
    expect(errors[0]).toBe('AGAction transmit has already been allowed; cannot block');
  });

  it('block answers calls and drops messages; silent hides the reason', async () => {
    const { server, open, warnings } = await startServer();
    server.setMiddleware('inbound', async (stream) => {
      for await (const action of stream) {
        if (action.type === 'invoke' && action.data === 'plain') action.block();
        else if (action.type === 'invoke' && action.data === 'text') action.block('just text');
        else if (action.type === 'invoke') {
          action.block(Object.assign(new Error('secret'), { silent: true }));
        } else action.block(new Error(`no ${action.type}`));
      }
    });
    const client = await open();
    expect((await client.request('p', 'plain')).error).toEqual({
      name: 'SilentMiddlewareBlockedError',
      message: 'The invoke AGAction was blocked by inbound middleware',
      code: 'ERR_SILENT_MIDDLEWARE_BLOCKED',
      type: 'inbound',
    });
    expect((await client.request('p', 'text')).error).toBe('just text');
    expect((await client.request('p', 'silent')).error.name).toBe('SilentMiddlewareBlockedError');
    expect((await client.subscribe('c')).error.message).toBe('no subscribe');
    expect((await client.request('#publish', { channel: 'c' })).error.message).toBe('no publishIn');
    client.transmit('t');
    await client.settled();
    expect(warnings.map((warning) => warning.message ?? warning)).toEqual([
      'The invoke AGAction was blocked by inbound middleware',
      'just text',
      'secret',
      'no subscribe',
      'no publishIn',
      'no transmit',
    ]);
    server.middlewareEmitFailures = false;
    client.transmit('t');
    await client.settled();
    expect(warnings).toHaveLength(6);
    expect(server.stats().blockedActions).toBe(7);
  });

  it('HANDSHAKE_WS refuses with 401, HANDSHAKE_AG with statusCode or 4008', async () => {
    const { server, connect, port, warnings } = await startServer();
    let verdict: any = new Error('not here');
    server.setMiddleware('handshake', async (stream) => {
      for await (const action of stream) {
        if (action.type === 'handshakeAG' || verdict.at === 'ws') action.block(verdict);
        else action.allow();
      }
    });
    for (const [statusCode, closeCode] of [
      [undefined, 4008],
      [4501, 4501],
      [401, 4008],
    ]) {
      verdict = Object.assign(new Error('not here'), { statusCode });
      const client = connect();
      const reply = await client.handshake();
      expect(reply.error).toMatchObject({ message: 'not here', statusCode: closeCode });
      expect((await client.whenClosed()).code).toBe(closeCode);
    }
    expect(warnings.filter(({ message }) => message === 'not here')).toHaveLength(3);
    verdict = Object.assign(new Error('go away'), { at: 'ws' });
    const response = await fetchUpgrade(port);
    expect(response).toMatch(/^HTTP\/1.1 401 Unauthorized/);
    expect(response).toMatch(/go away$/);
  });

  it('MESSAGE drops or replaces frames before they are decoded', async () => {
    const { server, open } = await startServer();
    const got: unknown[] = [];
    onConnection(server, (socket) => collect(socket.receiver('x'), (data) => got.push(data)));
    server.setMiddleware('inboundRaw', async (stream) => {
      for await (const action of stream) {
        if (action.data.includes('drop')) action.block();
        else action.allow({ data: String(action.data).replace('"old"', '"new"') });
      }
    });
    const client = await open();
    client.transmit('x', 'drop');
    client.send([
      { event: 'x', data: 'old' },
      { event: 'x', data: 2 },
    ]);
    await client.settled();
    expect(got).toEqual(['new', 2]);
  });

  it('PUBLISH_OUT changes what one socket gets and no other', async () => {
    const { server, open } = await startServer();
    server.setMiddleware('outbound', async (stream) => {
      for await (const action of stream) {
        const index = Object.values(server.clients).indexOf(action.socket);
        if (index === 0) action.allow({ data: { ...action.data, for: 'first' } });
        else if (index === 1) {
          await new Promise((resolve) => setImmediate(resolve));
          action.data.secret = 'in place';
          action.allow();
        } else if (index === 2) action.block();
        else if (index === 3) {
          action.data.secret = 'ignored';
          action.allow({ options: { useCache: true } });
        } else action.allow();
      }
    });
    const clients: RawClient[] = [];
    for (let i = 0; i < 5; i++) clients.push(await open());
    for (const client of clients) await client.subscribe('c');
    const publication = { n: 1 };
    await server.exchange.invokePublish('c', publication);
    for (const socket of Object.values(server.clients)) socket.transmit('after');
    await until('all have got the last', () =>
      clients.every(({ received }) => received.some((packet) => packet.event === 'after')),
    );
    const got = clients.map(({ received }) =>
      received.filter((packet) => packet.event).map((packet) => packet.data?.data ?? packet.event),
    );
    expect(got).toEqual([
      [{ n: 1, for: 'first' }, 'after'],
      [{ n: 1, secret: 'in place' }, 'after'],
      ['after'],
      [{ n: 1 }, 'after'],
      [{ n: 1 }, 'after'],
    ]);
    expect(publication).toEqual({ n: 1 });
  });

  it('keeps packet order over awaits, and delays only its own socket', async () => {
    const { server, open } = await startServer();
    const got: unknown[] = [];
    onConnection(server, (socket) => collect(socket.receiver('x'), (data) => got.push(data)));
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.setMiddleware('inbound', async (stream) => {
      for await (const action of stream) {
        if (action.data === 'slow') await gate;
        action.allow();
      }
    });
    const slow = await open();
    const quick = await open();
    slow.transmit('x', 'slow');
    slow.transmit('x', 'after slow');
    quick.transmit('x', 'quick');
    await quick.settled();
    expect(got).toEqual(['quick']);
    const [socket] = Object.values(server.clients);
    await until('both frames are in', () => socket!.inboundReceivedMessageCount === 3);
    expect(socket!.getInboundBackpressure()).toBe(2);
    release();
    await slow.settled();
    expect(got).toEqual(['quick', 'slow', 'after slow']);
  });

  it('stops reading from a socket whose messages pile up before the raw line, and loses none', async () => {
    const { server, open } = await startServer({ inboundHighWaterMark: 10 });
    const got: unknown[] = [];
    onConnection(server, (socket) => collect(socket.receiver('x'), (data) => got.push(data)));
    const client = await open();
    const [socket] = Object.values(server.clients);
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.setMiddleware('inboundRaw', async (stream) => {
      for await (const action of stream) {
        await gate;
        action.allow();
      }
    });
    for (let number = 0; number < 40; number++) client.transmit('x', number);
    await until('reading pauses', () => socket!.stats().isReadingPaused);
    expect(socket!.getInboundBackpressure()).toBeGreaterThanOrEqual(10);
    // Without a function the line lets pass what waited for it, in order.
    server.removeMiddleware('inboundRaw');
    client.transmit('x', 'last');
    release();
    await until('the last message', () => got.at(-1) === 'last');
    expect(got).toEqual([...Array(40).keys(), 'last']);
    expect(socket!.getInboundBackpressure()).toBe(0);
    expect(socket!.stats().unconsumedMessages).toBe(0);
  });
});

/** The raw HTTP answer to an upgrade request. */
async function fetchUpgrade(port: number): Promise<string> {
  const { connect } = await import('node:net');
  return within(
    'the answer to the upgrade',
    new Promise((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1');
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
      socket.write(upgradeRequest);
    }),
  );
}
