import { describe, expect, it } from 'vitest';
import { startServer, until } from './support/server.js';
import { unreadableErrors } from './support/unreadable-errors.js';

describe('a middleware function that fails', () => {
  const failures: [string, (stream: AsyncIterable<any>) => unknown, RegExp][] = [
    [
      'throws',
      async (stream) => {
        for await (const _action of stream) throw new Error('oops');
      },
      /middleware function threw an error: oops/,
    ],
    [
      'returns early',
      async (stream) => {
        for await (const _action of stream) break;
      },
      /middleware function returned while its socket was still connected/,
    ],
    [
      'never settles',
      async (stream) => {
        for await (const _action of stream) await new Promise(() => {});
      },
      /middleware function did not settle the .* action within 40 ms/,
    ],
    [
      'throws at once',
      () => {
        throw new Error('at once');
      },
      /threw an error: at once/,
    ],
  ];

  it.each(failures)(
    '%s: the call is blocked, the error names the line, the socket closes 1011',
    async (_what, middleware, message) => {
      const { server, open, warnings } = await startServer({ middlewareTimeout: 40 });
      const client = await open();
      server.setMiddleware('inbound', middleware);
      const reply = await client.request('p');
      expect(reply.error.name).toBe('SilentMiddlewareBlockedError');
      expect((await client.whenClosed()).code).toBe(1011);
      expect(warnings[0]?.message).toMatch(/^The inbound middleware function/);
      expect(warnings[0]?.message).toMatch(message);
      // Nobody else is harmed.
      server.removeMiddleware('inbound');
      await (await open()).settled();
    },
  );

  it.each(unreadableErrors)('blocks and closes if what it throws %s', async (_what, make) => {
    const { server, open, warnings } = await startServer();
    const client = await open();
    server.setMiddleware('inbound', async (stream) => {
      for await (const _action of stream) throw make();
    });
    expect((await client.request('p')).error.name).toBe('SilentMiddlewareBlockedError');
    expect((await client.whenClosed()).code).toBe(1011);
    expect(warnings[0]?.message).toMatch(/^The inbound middleware function threw an error/);
  });

  it('closes on the raw line too', async () => {
    const { server, open, warnings } = await startServer();
    const client = await open();
    server.setMiddleware('inboundRaw', () => Promise.reject(new Error('broken')));
    client.send(client.call('#publish', { channel: 'c' }));
    expect((await client.whenClosed()).code).toBe(1011);
    expect(warnings.some((warning) => warning.message.includes('inboundRaw'))).toBe(true);
  });

  it('F13: on the outbound line it skips one delivery, warns, and runs again', async () => {
    const { server, open, warnings } = await startServer();
    const [publisher, ...subscribers] = [await open(), await open(), await open()];
    for (const subscriber of subscribers) await subscriber.subscribe('c');
    server.setMiddleware('outbound', async (stream) => {
      for await (const action of stream) {
        if (action.data.author === 'me') action.block();
        else action.allow();
      }
    });
    for (const data of [{ n: 1 }, null, { n: 2 }, { author: 'me' }, { n: 3 }]) {
      await publisher!.request('#publish', { channel: 'c', data });
    }
    for (const subscriber of subscribers) {
      await subscriber.settled();
      const got = subscriber.received.filter(({ event }) => event === '#publish');
      expect(got.map(({ data }) => data.data)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
      expect(subscriber.closed).toBe(undefined);
    }
    const thrown = warnings.filter(({ message }) => /outbound middleware.*null/.test(message));
    expect(thrown).toHaveLength(subscribers.length);
  });

  it('F13: on the outbound line one that throws before it reads is no loop of its own', async () => {
    const { server, open, warnings } = await startServer();
    const client = await open();
    await client.subscribe('c');
    server.setMiddleware('outbound', () => {
      throw new Error('broken');
    });
    for (let number = 0; number < 3; number++) {
      await client.request('#publish', { channel: 'c', data: number });
    }
    server.removeMiddleware('outbound');
    await client.request('#publish', { channel: 'c', data: 'last' });
    await client.settled();
    const got = client.received.filter(({ event }) => event === '#publish');
    expect(got.map(({ data }) => data.data)).toEqual(['last']);
    expect(warnings.filter(({ message }) => message.includes('broken'))).toHaveLength(3);
  });

  it('refuses handshakes', async () => {
    const { server, connect } = await startServer();
    server.setMiddleware('handshake', async (stream) => {
      for await (const action of stream) {
        if (action.type === 'handshakeAG') throw new Error('oops');
        action.allow();
      }
    });
    const client = connect();
    expect((await client.handshake()).error.name).toBe('SilentMiddlewareBlockedError');
    expect((await client.whenClosed()).code).toBe(4008);
  });

  it('may begin to read late', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const [socket] = Object.values(server.clients);
    let read: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      read = resolve;
    });
    server.setMiddleware('inbound', async (stream) => {
      await gate;
      for await (const action of stream) action.block(new Error('late'));
    });
    const reply = client.request('p');
    await until('the call waits', () => socket!.getInboundBackpressure() === 1);
    read();
    expect((await reply).error.message).toBe('late');
  });
});
