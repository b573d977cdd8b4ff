import { nextEvent } from '@asyngular/test-utils/event';
import { recordFaults } from '@asyngular/test-utils/process-faults';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { rejection } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { AuthEngine } from '../src/index.js';
import { onCleanup, onConnection, startServer, until } from './support/server.js';

// What the application plugs in may misbehave; it must not take the server with it, nor let anybody in.

/** A server whose tokens verify to `payload`. */
function startWithPayload(payload: unknown) {
  const authEngine: AuthEngine = { verifyToken: async () => payload, signToken: async () => 'x' };
  return startServer({ authEngine });
}

describe('a requestCreator that throws', () => {
  it.each([false, true])(
    'fails its call, and only that (behind middleware: %s)',
    async (behind) => {
      const faults = recordFaults();
      const requestCreator = (_socket: unknown, _id: number, name: string): never => {
        throw new RangeError(`no ${name}`);
      };
      const { server, open, warnings } = await startServer({
        requestCreator,
        answerUnhandled: false,
      });
      if (behind) {
        server.setMiddleware('inbound', async (stream) => {
          for await (const action of stream) action.allow();
        });
      }
      const client = await open();
      const [first, second] = [client.call('a'), client.call('b')];
      const responses = [client.response(first.cid), client.response(second.cid)];
      client.send([first, second]);
      const errors = (await Promise.all(responses)).map(({ error }) => error.name);
      expect(errors).toEqual(['InternalServerError', 'InternalServerError']);
      expect(warnings.map(({ message }) => message)).toEqual(['no a', 'no b']);
      expect(faults).toEqual([]);
    },
  );
});

describe('a handleProtocols function that throws', () => {
  it('costs its client the connection, and is a warning', async () => {
    const faults = recordFaults();
    const { server, url, warnings } = await startServer({
      handleProtocols() {
        throw new Error('no such protocol');
      },
    });
    const { WebSocket } = await import('ws');
    const client = new WebSocket(url, ['a']);
    const failed = rejection(nextEvent(client, 'open'), 'the refusal');
    onCleanup(() => client.terminate());
    expect(String(await failed)).toContain('socket hang up');
    expect(warnings.map(({ message }) => message)).toEqual(['no such protocol']);
    expect(server.stats().pendingHandshakes).toBe(0);
    expect(faults).toEqual([]);
  });
});

describe('an origins function', () => {
  it.each([
    ['promise', async () => true],
    ['rejection', () => Promise.reject(new Error('late'))],
  ])('that returns a %s lets nobody in', async (_what, origins) => {
    const { url, warnings } = await startServer({ origins: origins as any });
    const client = new RawClient(url);
    expect((await client.whenClosed()).code).toBe(1006);
    expect(warnings[0]).toMatchObject({ name: 'InvalidOptionsError' });
    expect(warnings[0]!.message).toContain('it must return true or false, and no promise');
  });
});

it('a clientAddress function that returns a rejection is warned of, and the connection has an address', async () => {
  const clientAddress = (() => Promise.reject(new Error('late'))) as any;
  const { open, warnings } = await startServer({ clientAddress, maxPendingClientsPerAddress: 5 });
  await open();
  expect(warnings[0]!.message).toContain('The clientAddress option returned a promise');
});

describe('an auth engine', () => {
  it.each([null, undefined])('that resolves to %s authenticates nobody', async (payload) => {
    const { open, connect } = await startWithPayload(payload);
    const client = await open();
    const { error } = await client.request('#authenticate', 'a.b.c');
    expect(error).toMatchObject({ name: 'AuthTokenError', isBadToken: true });
    expect(error.message).toBe(`verifyToken() resolved to ${payload} instead of a payload`);
    const { data } = await connect().handshake('a.b.c');
    expect(data).toMatchObject({ isAuthenticated: false, authError: { name: 'AuthTokenError' } });
  });

  it('whose tokens expire at no time at all leaves them valid', async () => {
    const { server, open } = await startWithPayload({ exp: Number.NaN });
    server.handle('echo', (data) => data);
    const client = await open('a.b.c');
    // The event loop still turns: a watch over such a time would be due again and again.
    expect((await client.request('echo', 1)).data).toBe(1);
    const [socket] = Object.values(server.clients);
    expect(socket!.authState).toBe('authenticated');
  });
});

describe('setAuthToken', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, 0.5, -(10 ** 12)])(
    'refuses to let a token expire in %s s',
    async (expiresIn) => {
      const { server, open } = await startServer();
      const client = await open();
      const [socket] = Object.values(server.clients);
      await expect(socket!.setAuthToken({ name: 'a' }, { expiresIn })).rejects.toThrow(
        'exp and expiresIn must be whole numbers of seconds',
      );
      expect(socket!.authState).toBe('unauthenticated');
      expect((await client.whenClosed()).code).toBe(4002);
    },
  );
});

describe('killInput', () => {
  it('called while a message is handled leaves no backlog behind', async () => {
    const { server, open } = await startServer();
    server.handleTransmit('stop', (_data, { socket }) => socket.killInput());
    const client = await open();
    const [socket] = Object.values(server.clients);
    client.transmit('stop');
    await until('it has arrived', () => socket!.inboundReceivedMessageCount === 2);
    expect(socket!.getInboundBackpressure()).toBe(0);
  });
});

describe('the rate of messages', () => {
  it('is not refunded by empty batches', async () => {
    const { server, open } = await startServer({ rateLimits: { messages: { perSecond: 50 } } });
    onConnection(server, () => {});
    const client = await open();
    for (let i = 0; i < 60; i++) client.send('[]');
    expect((await client.whenClosed()).code).toBe(1008);
  });
});
