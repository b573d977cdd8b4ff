import { describe, expect, it } from 'vitest';
import type { AuthEngine } from '../src/index.js';
import { recordFaults } from './support/faults.js';
import { RawClient } from './support/raw-client.js';
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
      const { server, open, warnings } = await startServer({ requestCreator });
      if (behind) {
        server.setMiddleware('inbound', async (stream) => {
          for await (const action of stream) action.allow();
        });
      }
      const client = await open();
      const [first, second] = [client.call('a'), client.call('b')];
      const responses = [client.response(first.cid), client.response(second.cid)];
      client.send([first, second]);
      const errors = (await Promise.all(responses)).map(({ error }) => error.message);
      expect(errors).toEqual(['no a', 'no b']);
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
    const failed = new Promise((resolve) => client.once('error', resolve));
    onCleanup(() => client.terminate());
    expect(String(await failed)).toContain('socket hang up');
    expect(warnings.map(({ message }) => message)).toEqual(['no such protocol']);
    expect(server.stats().pendingHandshakes).toBe(0);
    expect(faults).toEqual([]);
  });
});

describe('an origins function', () => {
  it('that returns a promise lets nobody in', async () => {
    const { url, warnings } = await startServer({ origins: (async () => true) as any });
    const client = new RawClient(url);
    expect((await client.whenClosed()).code).toBe(1006);
    expect(warnings[0]).toMatchObject({ name: 'InvalidOptionsError' });
    expect(warnings[0]!.message).toContain('it must return true or false, and no promise');
  });
});
