import { consume } from '@asyngular/streams';
import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from './support/fake-server.js';
import { connected, pass, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

describe('inbound messages', () => {
  it('raise message for every frame and raw for what is no packet', async () => {
    const { socket, server, payloads } = await connected();
    const stream = socket.listener('message').createConsumer();
    const raw = ['text', '5', 'null', '{"a":1}', '[{"event":"r","data":1},7]', '{"event":'];
    for (const message of ['', '{"event":"r"}', ...raw]) {
      server.last.emitMessage(message);
    }
    await pass();
    for (const message of ['', '{"event":"r"}', ...raw]) {
      expect((await stream.next()).value).toEqual({ message });
    }
    const raws = payloads.filter(({ name }) => name === 'raw');
    expect(raws.map(({ payload }) => payload.message)).toEqual(raw);
  });

  it('that a callback of consume() throws at are errors of the socket, and the next one is read', async () => {
    const { socket, server, payloads } = await connected();
    const seen: unknown[] = [];
    consume(socket.receiver('say'), (data: any) => {
      seen.push(data.text.length);
    });
    server.last.emitMessage([
      { event: 'say', data: null },
      { event: 'say', data: { text: 'hi' } },
    ]);
    await pass();
    expect(seen).toEqual([2]);
    expect(payloads.filter(({ name }) => name === 'error')).toEqual([
      { name: 'error', payload: { error: expect.any(TypeError) } },
    ]);
  });

  it('treat names like __proto__ and unknown # names as ordinary', async () => {
    const { socket, server } = await connected();
    for (const name of ['__proto__', 'constructor', 'toString', '#custom', '#disconnect', '']) {
      const message = within('a message', socket.receiver(name).once());
      server.last.emitMessage(`{"event":${JSON.stringify(name)},"data":1}`);
      await pass(0);
      expect(await message).toBe(1);
    }
  });

  it('F7: a packet that throws takes nothing else of its message along, and its call is answered', async () => {
    const thrown = new Error('unreadable');
    const unreadable = {
      get token() {
        throw thrown;
      },
      get event() {
        throw thrown;
      },
    };
    const { socket, server, payloads } = await connected({
      codecEngine: {
        encode: (packet) => JSON.stringify(packet),
        decode: (message) =>
          JSON.parse(String(message), (_, value) => (value === 'unreadable' ? unreadable : value)),
      },
    });
    const after = within('a message', socket.receiver('after').once());
    server.last.emitMessage([
      'unreadable',
      { event: '#setAuthToken', data: 'unreadable', cid: 7 },
      { event: 'after', data: 'the others' },
    ]);
    await pass();
    expect(await after).toBe('the others');
    expect(payloads.filter(({ name }) => name === 'error')).toEqual([
      { name: 'error', payload: { error: thrown } },
      { name: 'error', payload: { error: thrown } },
    ]);
    expect(server.last.packets.at(-1)).toMatchObject({ rid: 7, error: { message: 'unreadable' } });
  });

  it('survive malformed protocol packets and decode errors (P8.8)', async () => {
    const { socket, server, log } = await connected({
      codecEngine: {
        encode: (packet) => JSON.stringify(packet),
        decode(message) {
          if (message === 'boom') {
            throw new Error('cannot decode');
          }
          return JSON.parse(message as string);
        },
      },
    });
    for (const data of [undefined, null, 5, {}, { channel: 5 }]) {
      server.last.emitMessage({ event: '#publish', data });
      server.last.emitMessage({ event: '#kickOut', data });
    }
    server.last.emitMessage({ rid: 999 });
    server.last.emitMessage('boom');
    await pass(0);
    expect(log.filter((name) => name === 'error')).toHaveLength(1);
    expect(socket.state).toBe('open');
  });
});

describe('protocol version 1', () => {
  it('answers #1 with #2 and heeds #disconnect', async () => {
    const { socket, server, payloads, log } = await connected({
      protocolVersion: 1,
      autoReconnect: false,
    });
    server.last.emitMessage('#1');
    expect(server.last.frames.at(-1)).toBe('#2');
    server.last.emitMessage({ event: '#disconnect', data: { code: 4100, data: { a: 1 } } });
    await pass();
    expect(socket.state).toBe('closed');
    expect(payloads.find(({ name }) => name === 'disconnect')!.payload).toEqual({
      code: 4100,
      reason: { a: 1 },
    });
    expect(log.filter((name) => name === 'disconnect')).toHaveLength(1);
  });
});

describe('P12.9: a call that no loop reads', () => {
  /** Calls a client twice: a procedure that nobody handles, and one that a loop does. */
  async function answersWith(ext: object): Promise<unknown[]> {
    const behaving = new FakeServer();
    behaving.behaviour.handshake = () => ({ data: { id: 'x', pingTimeout: 20_000, ext } });
    const { socket, server } = await connected({}, behaving);
    consume(socket.procedure('greet'), (request) => request.end('hello'));
    server.last.emitMessage([
      { event: 'greeet', cid: 1 },
      { event: 'greet', cid: 2 },
    ]);
    await pass();
    return server.last.packets.filter(({ rid }) => rid !== undefined);
  }

  it('is refused at once where the server agreed to it', async () => {
    expect(await answersWith({ unhandled: {} })).toEqual([
      {
        rid: 1,
        error: {
          name: 'NoHandlerError',
          message: 'nobody handles the procedure "greeet"',
          code: 'ERR_NO_HANDLER',
        },
      },
      { rid: 2, data: 'hello' },
    ]);
  });

  it('gets no answer where it did not', async () => {
    expect(await answersWith({ interruption: {} })).toEqual([{ rid: 2, data: 'hello' }]);
  });
});
