import { rejection } from '@asyngular/test-utils/wait';
import { expect } from 'vitest';
import { duty } from '../support/duty.js';

const values = [
  undefined,
  null,
  0,
  -1.5,
  '',
  'text with "quotes", \u2028 and 🎈',
  false,
  true,
  [],
  [1, [2, [3]]],
  {},
  { a: { b: [null, 'c'] } },
  '#1',
  '[not a packet',
];

function refusal(): Error {
  return Object.assign(new Error('Not today'), { name: 'RefusedError', retryInSeconds: 60 });
}

class InheritedNameError extends Error {}
InheritedNameError.prototype.name = 'InheritedNameError';

function expectRefusal(error: any): void {
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'RefusedError', message: 'Not today', retryInSeconds: 60 });
}

/** A value that has no encoding: it contains itself. */
function circle(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

/** P3, P10: transmits, calls, their errors, raw messages. */
export const packets = [
  duty('P3.1 P8.1', 'transmits carry every JSON value, both ways', async (stage) => {
    const onServer: unknown[] = [];
    const onClient: unknown[] = [];
    const { client } = await stage.connected({
      prepare: (it) =>
        it.receiver('echo', (data, socket) => {
          onServer.push(data);
          socket.transmit('echo', data);
        }),
    });
    client.receiver('echo', (data) => onClient.push(data));
    for (const value of values) client.transmit('echo', value);
    await stage.until('all echoes', () => onClient.length === values.length);
    expect(onServer).toEqual(values);
    expect(onClient).toEqual(values);
  }),

  duty('P3.2 P3.3', 'calls of the client are answered', async (stage) => {
    const { client } = await stage.connected({
      prepare: (it) => it.procedure('echo', (data) => data),
    });
    expect(await Promise.all(values.map((value) => client.invoke('echo', value)))).toEqual(values);
  }),

  duty('P3.2 P3.3', 'calls of the server are answered', async (stage) => {
    const { client, socket } = await stage.connected();
    client.procedure('echo', (data) => data);
    const answers = values.map((value) => socket.invoke('echo', value));
    expect(await Promise.all(answers)).toEqual(values);
  }),

  duty('P10.6 P10.9', 'errors reach the client with name and members', async (stage) => {
    const { client } = await stage.connected({
      prepare: (it) =>
        it.procedure('fail', () => {
          throw refusal();
        }),
    });
    expectRefusal(await rejection(client.invoke('fail')));
    await stage.until('the answer on the wire', () => client.packets.some(({ error }) => error));
    expect(client.packets.find(({ error }) => error).error).not.toHaveProperty('stack');
  }),

  duty('P10.6 P10.9', 'errors reach the server with name and members', async (stage) => {
    const { client, socket } = await stage.connected();
    client.procedure('fail', () => {
      throw refusal();
    });
    expectRefusal(await rejection(socket.invoke('fail')));
  }),

  duty('P10.6', 'an inherited error name reaches the client', async (stage) => {
    const { client } = await stage.connected({
      prepare: (it) =>
        it.procedure('fail', () => {
          throw new InheritedNameError('no');
        }),
    });
    expect((await rejection(client.invoke('fail'))).name).toBe('InheritedNameError');
  }),

  duty('P10.6', 'an inherited error name reaches the server', async (stage) => {
    const { client, socket } = await stage.connected();
    client.procedure('fail', () => {
      throw new InheritedNameError('no');
    });
    expect((await rejection(socket.invoke('fail'))).name).toBe('InheritedNameError');
  }),

  duty('P3.4 P10.7', 'an error that is 0 is an error', async (stage) => {
    const { client } = await stage.connected({
      prepare: (it) =>
        it.procedure('fail', () => {
          throw 0;
        }),
    });
    expect(await rejection(client.invoke('fail'))).toBe(0);
  }),

  duty('P3.12', 'a call that the server does not serve is refused', async (stage) => {
    const { client } = await stage.connected({ client: { ackTimeout: stage.callTimeoutMs } });
    expect((await rejection(client.invoke('nobody'))).name).toBe('NoHandlerError');
    expect(client.state).toBe('open');
  }),

  duty('P12.9', 'a call that the client does not serve is refused', async (stage) => {
    const { socket } = await stage.connected({ server: { ackTimeout: stage.callTimeoutMs } });
    expect((await rejection(socket.invoke('nobody'))).name).toBe('NoHandlerError');
    expect(socket.state).toBe('open');
  }),

  duty('P3.8', 'names with # that are not reserved belong to the user', async (stage) => {
    const { client, socket } = await stage.connected({
      prepare: (it) => it.procedure('#own', (data) => data + 1),
    });
    expect(await client.invoke('#own', 1)).toBe(2);
    client.procedure('#own', (data) => data + 2);
    expect(await socket.invoke('#own', 1)).toBe(3);
  }),

  duty('P1.8 P8.9 P10.2', 'raw text, broken JSON too, both ways', async (stage) => {
    const { client, server, socket } = await stage.connected();
    const texts = ['hello', '{"event":"x"', '5', 'null', '{}', '[7]'];
    for (const text of texts) client.send(text);
    await stage.until(
      'raw texts at the server',
      () => server.sockets[0]!.raw.length === texts.length,
    );
    expect(server.sockets[0]!.raw.map(String)).toEqual(texts);
    for (const text of texts) socket.send(text);
    await stage.until('raw texts at the client', () => client.of('raw').length === texts.length);
    expect(client.of('raw').map(({ message }) => message)).toEqual(texts);
    expect(client.state).toBe('open');
  }),

  duty('P1.9 P8.6 P8.9', 'raw bytes both ways', async (stage) => {
    const { client, server, socket } = await stage.connected();
    const bytes = [0, 255, 1, 128];
    client.send(Uint8Array.from(bytes));
    await stage.until('raw bytes at the server', () => server.sockets[0]!.raw.length === 1);
    expect([...(server.sockets[0]!.raw[0] as Buffer)]).toEqual(bytes);
    socket.send(Buffer.from(bytes));
    const { message } = await client.event('raw');
    expect([...new Uint8Array(message)]).toEqual(bytes);
  }),
  duty('P3.7', 'what is no packet in a batch is raw, both ways', async (stage) => {
    const onServer: unknown[] = [];
    const onClient: unknown[] = [];
    const { client, server, socket } = await stage.connected({
      prepare: (it) => it.receiver('step', (data) => onServer.push(data)),
    });
    client.receiver('step', (data) => onClient.push(data));
    const batch = '[7,{"event":"step","data":1,"more":true},{"no":"packet"}]';
    client.send(batch);
    socket.send(batch);
    await stage.until('raw events', () => {
      return server.sockets[0]!.raw.length === 2 && client.of('raw').length === 2;
    });
    await stage.until('packets', () => onServer.length === 1 && onClient.length === 1);
    expect(server.sockets[0]!.raw.map(String)).toEqual([batch, batch]);
    expect(client.of('raw').map(({ message }) => message)).toEqual([batch, batch]);
  }),

  duty('P3.9', 'the client numbers its calls over all connections', async (stage) => {
    const { client, server, socket } = await stage.connected({
      prepare: (it) => it.procedure('echo', (data) => data),
    });
    await client.invoke('echo', 1);
    socket.terminate();
    await client.event('connect', 2);
    await client.invoke('echo', 2);
    const ids = server.sockets.map(({ messages }) =>
      messages
        .map(String)
        .filter((text) => text.startsWith('{'))
        .map((text) => JSON.parse(text).cid),
    );
    expect(ids).toEqual([
      [1, 2],
      [3, 4],
    ]);
  }),

  duty('P3.9', 'answers to no call are ignored, both ways', async (stage) => {
    const { client, server, socket } = await stage.connected({
      prepare: (it) => it.procedure('echo', (data) => data),
    });
    client.send('{"rid":99,"data":1}');
    socket.send('{"rid":99,"error":{"message":"x"}}');
    expect(await client.invoke('echo', 1)).toBe(1);
    expect([...client.of('raw'), ...client.of('error'), ...server.of('warning')]).toEqual([]);
    expect(server.sockets[0]!.raw).toEqual([]);
  }),

  duty('P3.13', 'an answer to the client that cannot be encoded is an error', async (stage) => {
    const { client } = await stage.connected({
      client: { ackTimeout: stage.callTimeoutMs },
      prepare: (it) => it.procedure('circle', circle),
    });
    const error = await rejection(client.invoke('circle'));
    expect(error.name).not.toBe('TimeoutError');
  }),

  duty('P3.13', 'an answer to the server that cannot be encoded is an error', async (stage) => {
    const { client, socket } = await stage.connected({
      server: { ackTimeout: stage.callTimeoutMs },
    });
    client.procedure('circle', circle);
    const error = await rejection(socket.invoke('circle'));
    expect(error.name).not.toBe('TimeoutError');
  }),

  duty('P10.8', 'an error that holds itself reaches the client', async (stage) => {
    const { client } = await stage.connected({
      prepare: (it) =>
        it.procedure('fail', () => {
          const error: any = refusal();
          error.self = error;
          throw error;
        }),
    });
    const error = await rejection(client.invoke('fail'));
    expectRefusal(error);
    expect(error.self).toEqual({ $ref: '$' });
  }),
];
