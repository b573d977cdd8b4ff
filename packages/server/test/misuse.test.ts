import { recordFaults } from '@asyngular/test-utils/process-faults';
import { describe, expect, it } from 'vitest';
import { startServer, until } from './support/server.js';

// What programs without types pass. Wrong usage is told at once, and harms nobody else.

const invalid = expect.objectContaining({ name: 'InvalidArgumentsError' });

async function startSocket(options = {}) {
  const started = await startServer(options);
  const client = await started.open();
  const [socket] = Object.values(started.server.clients);
  return { ...started, client, socket: socket as any };
}

describe('names that are no strings', () => {
  it.each([5, null, undefined, {}])('%s', async (name: any) => {
    const { server, socket, client, warnings } = await startSocket();
    await socket.transmit(name, 1);
    await expect(socket.invoke(name, 1)).rejects.toEqual(invalid);
    expect(() => server.handle(name, () => 1)).toThrow(invalid);
    expect(() => server.exchange.subscribe(name)).toThrow(invalid);
    await expect(server.exchange.transmitPublish(name, 1)).rejects.toEqual(invalid);
    expect(() => socket.kickOut([name])).toThrow(invalid);
    await client.settled();
    // Of transmit() and transmitPublish(), whose promises nobody need look at.
    expect(warnings).toEqual([invalid, invalid]);
    expect(client.received.filter((packet) => packet.rid === undefined)).toEqual([]);
  });
});

describe('functions and engines that are none', () => {
  it.each([5, null, undefined, {}])('%s', async (value: any) => {
    const { server } = await startServer();
    expect(() => server.setMiddleware('inbound', value)).toThrow(invalid);
    expect(server.hasMiddleware('inbound')).toBe(false);
    expect(() => server.handle('p', value)).toThrow(invalid);
    expect(() => server.setCodecEngine(value)).toThrow(invalid);
    expect(() => server.setAuthEngine(value)).toThrow(invalid);
  });
});

describe('setAuthToken', () => {
  it('takes plain objects, of any realm, and writes to none of them', async () => {
    const { runInNewContext } = await import('node:vm');
    const { socket } = await startSocket();
    for (const data of [{ a: 1 }, Object.create(null), runInNewContext('({ b: 1 })')]) {
      await socket.setAuthToken(data, null);
      expect(socket.authToken).toMatchObject({ ...data, exp: expect.any(Number) });
      expect(data).not.toHaveProperty('exp');
    }
  });

  it.each([
    [new Map(), 'an instance of Map'],
    [new (class User {})(), 'an instance of User'],
    [[], 'a list'],
    ['x', 'a text'],
    [null, 'null'],
  ])('refuses %s, which is %s', async (data: any, what) => {
    const { socket } = await startSocket();
    await expect(socket.setAuthToken(data)).rejects.toThrow(
      `An auth token must be a plain object, such as { name: 'Ann' }; it is ${what}`,
    );
  });
});

describe('data that cannot be cloned', () => {
  it('is reported, and fails what it was sent with', async () => {
    const faults = recordFaults();
    const { server, socket, client, warnings } = await startSocket({ cloneData: true });
    const data = {
      get broken() {
        throw new Error('no such thing');
      },
    };
    (async () => {
      for await (const request of socket.procedure('p')) request.end(data);
    })();
    await socket.transmit('note', data);
    await expect(socket.invoke('ask', data)).rejects.toThrow('no such thing');
    expect((await client.request('p')).error.message).toBe('no such thing');
    expect(warnings.map(({ message }) => message)).toEqual(['no such thing', 'no such thing']);
    // A call that was counted but not sent would now reject with nobody to hear it.
    client.close();
    await until('it has gone', () => server.clientsCount === 0);
    expect(faults).toEqual([]);
  });
});
