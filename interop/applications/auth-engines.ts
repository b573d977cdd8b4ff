import { rejection } from '@asyngular/test-utils/wait';
import { expect } from 'vitest';
import { loadPeer } from '../support/peers.js';
import { authKey, signToken } from '../support/server.js';
import { behaviour, onPublished } from './behaviour.js';

const noOtherHalf = onPublished(
  /signToken is not a function|verifyToken is not a function|waited in vain/,
  'An engine with one half is accepted, and what needs the other half fails.',
);

function onlyVerify(calls: unknown[][]) {
  return {
    async verifyToken(...args: unknown[]) {
      calls.push(args);
      if (args[0] === null) throw new Error('there is no token');
      return { name: `${args[0]}` };
    },
  };
}

const onlySign = { signToken: async (token: object, key: string) => signToken(token, { key }) };

/** What `authEngine` and `setAuthEngine()` take. */
export const authEngines = [
  behaviour('an authEngine may verify only; it gets token, key and socket', async (stage) => {
    const calls: unknown[][] = [];
    const { client, socket } = await stage.connected({
      server: { authEngine: onlyVerify(calls) },
      client: { token: 'ann' },
    });
    expect(client.authToken).toBe(null);
    expect(socket.authToken).toEqual({ name: 'ann' });
    const [signedToken, key, options] = calls.at(-1)!;
    expect([signedToken, key]).toEqual(['ann', authKey]);
    expect((options as { socket: unknown }).socket).toBe(socket);
  }),

  behaviour('an engine that verifies only may be set later', async (stage) => {
    const calls: unknown[][] = [];
    const { server, client, socket } = await stage.connected();
    server.native.setAuthEngine(onlyVerify(calls));
    expect(await client.authenticate('bob')).toMatchObject({ isAuthenticated: true });
    expect(socket.authToken).toEqual({ name: 'bob' });
    expect(calls.at(-1)!.slice(0, 2)).toEqual(['bob', authKey]);
    expect((calls.at(-1)![2] as { socket: unknown }).socket).toBe(socket);
  }),

  behaviour('an engine that signs only signs', async (stage) => {
    const { server, client, socket } = await stage.connected({ server: { authEngine: onlySign } });
    await socket.setAuthToken({ name: 'ann' });
    await client.event('authenticate');
    expect(client.authToken.name).toBe('ann');
    server.native.setAuthEngine({ signToken: () => signToken({ name: 'bob' }) });
    await socket.setAuthToken({ name: 'bob' });
    await client.event('authenticate', 2);
    expect(client.authToken.name).toBe('bob');
  }),

  behaviour(
    'beside an engine that verifies only, the built-in engine signs',
    async (stage) => {
      const { client, socket } = await stage.connected({ server: { authEngine: onlyVerify([]) } });
      await socket.setAuthToken({ name: 'ann' });
      await client.event('authenticate');
      const { verify } = loadPeer('jsonwebtoken');
      expect(verify(client.signedAuthToken, authKey).name).toBe('ann');
    },
    noOtherHalf,
  ),

  behaviour(
    'beside an engine that signs only, the built-in engine verifies',
    async (stage) => {
      const { client, socket } = await stage.connected({
        server: { authEngine: onlySign },
        client: { token: signToken({ name: 'ann' }) },
      });
      expect(socket.authToken?.name).toBe('ann');
      const error = await rejection(client.authenticate(signToken({}, { key: 'another key' })));
      expect(error.name).toBe('AuthTokenInvalidError');
    },
    onPublished(
      /expected undefined to be 'ann'/,
      'An engine with one half is accepted, and what needs the other half fails.',
    ),
  ),

  behaviour('a claim given twice cannot be signed: close 4002', async (stage) => {
    const { server, client, socket } = await stage.connected();
    const error = await rejection(socket.setAuthToken({ iss: 'me' }, { issuer: 'me, too' }));
    expect(error.message).toMatch(/issuer.*iss/s);
    expect((await client.event('disconnect')).code).toBe(4002);
    await stage.until(
      'the warning of the close',
      () =>
        server
          .of('warning')
          .some(({ warning }) => warning.name === 'SocketProtocolError' && warning.code === 4002),
      () => server.of('warning').map(({ warning }) => String(warning)),
    );
  }),
];
