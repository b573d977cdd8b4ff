import { rejection } from '@asyngular/test-utils/wait';
import { expect } from 'vitest';
import type { Stage } from '../support/stage.js';
import { behaviour, onPublished } from './behaviour.js';

/**
 * What a middleware function of `line` reads while the inbound line holds publication 5 until 9 more
 * have arrived, and with 5 further ones that come one at a time.
 */
async function backpressureOn(
  stage: Stage,
  line: 'inboundRaw' | 'inbound',
  read: (socket: any) => number,
): Promise<number[]> {
  const history: number[] = [];
  let release: (() => void) | undefined;
  const server = await stage.server({}, (it) =>
    it.middleware('inboundRaw', (action) => {
      if (line === 'inboundRaw') history.push(read(action.socket));
    }),
  );
  server.native.setMiddleware('inbound', async (stream: AsyncIterable<any>) => {
    for await (const action of stream) {
      if (line === 'inbound') history.push(read(action.socket));
      if (action.data === 5) await new Promise<void>((resolve) => (release = resolve));
      action.allow();
    }
  });
  const { client, socket } = await stage.join(server);
  const arrived = (count: number): Promise<void> =>
    stage.until(
      `${count} messages at the server`,
      () => socket.inboundReceivedMessageCount === count,
      () => socket.inboundReceivedMessageCount,
    );
  for (let number = 0; number < 15; number++) {
    client.publish('news', number);
    await arrived(number + 2);
    if (number === 5) await stage.until('the inbound line to hold', () => release !== undefined);
  }
  release!();
  for (let number = 15; number < 20; number++) await client.invokePublish('news', number);
  return history;
}

/** What servers do with messages, answers and their backlogs. */
export const traffic = [
  ...(['getInboundBackpressure', 'getBackpressure'] as const).flatMap((method) => [
    behaviour(
      `${method}() on the raw line counts what waits, and the one at hand`,
      async (stage) => {
        const history = await backpressureOn(stage, 'inboundRaw', (socket) => socket[method]());
        expect(history[0]).toBe(1);
        expect(history[15]).toBeGreaterThan(6);
        expect(history.at(-1)).toBe(1);
      },
    ),
    behaviour(
      `${method}() on the inbound line counts what waits, and the one at hand`,
      async (stage) => {
        const history = await backpressureOn(stage, 'inbound', (socket) => socket[method]());
        expect(Math.max(...history)).toBeGreaterThan(6);
        expect(history.at(-1)).toBe(1);
      },
      onPublished(/expected \+?0 to be 1/, 'The one at hand is counted on the raw line only.'),
    ),
  ]),

  behaviour('a refused #unsubscribe is an error of the socket, too', async (stage) => {
    const { server, client, socket } = await stage.connected();
    const errors: Error[] = [];
    void (async () => {
      for await (const { error } of socket.listener('error')) errors.push(error);
    })();
    const refused = await rejection(client.invoke('#unsubscribe', 'news'));
    expect(refused.name).toBe('BrokerError');
    client.transmit('#unsubscribe', 'sports');
    await stage.until(
      'two errors of the socket',
      () => errors.length === 2,
      () => errors.map(String),
    );
    expect(errors.map(({ name }) => name)).toEqual(['BrokerError', 'BrokerError']);
    expect(errors[0]!.message).toMatch('Failed to unsubscribe socket from the news channel');
    expect(errors[1]!.message).toMatch('Failed to unsubscribe socket from the sports channel');
    expect(server.of('warning').map(({ warning }) => warning)).toEqual(errors);
  }),

  behaviour('transmit() on a socket that has closed is a warning', async (stage) => {
    const { server, client, socket } = await stage.connected();
    client.disconnect();
    await server.event('disconnection');
    await socket.transmit('hi', 1);
    const { warning } = await server.event('warning');
    expect(warning).toMatchObject({ name: 'BadConnectionError', type: 'connectAbort' });
    expect(warning.message).toMatch(/^Socket transmit "?hi"? .*due to a bad connection/);
  }),

  ...(['end', 'error'] as const).map((answer) =>
    behaviour(
      `request.${answer}() on a socket that has closed is a warning`,
      async (stage) => {
        const { server, client, socket } = await stage.connected();
        const asked = (async () => socket.procedure('foo').once())();
        const answered = rejection(client.invoke('foo'));
        const request = await stage.settled('the call', asked);
        client.disconnect();
        await server.event('disconnection');
        await answered;
        request[answer](answer === 'end' ? 'bar' : new Error('no'));
        const { warning } = await server.event('warning');
        expect(warning.name).toBe('BadConnectionError');
        expect(warning.message).toMatch('foo');
        expect(() => request.end()).toThrow('already been sent');
      },
      onPublished(/expected 'Error' to be 'BadConnectionError'/, "The warning is the engine's."),
    ),
  ),
];
