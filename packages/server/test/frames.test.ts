import { clientFrame, FrameClient } from '@asyngular/test-utils/frame-client';
import { describe, expect, it } from 'vitest';
import { collect, onConnection, startServer, until } from './support/server.js';

const TEXT = 0x81;
const BINARY = 0x82;

/** A server whose sockets' raw messages and errors are collected, and a client after its handshake. */
async function connectRaw(options: object = {}) {
  const { server, url } = await startServer(options);
  const raw: unknown[] = [];
  const errors: any[] = [];
  const closes: any[] = [];
  onConnection(server, (socket) => {
    collect(socket.listener('raw'), ({ message }: any) => raw.push(message));
    collect(socket.listener('error'), ({ error }: any) => errors.push(error));
    collect(socket.listener('close'), (close: any) => closes.push(close));
  });
  const client = new FrameClient(url);
  await client.handshake();
  return { server, client, raw, errors, closes };
}

describe('frames of clients (RFC 6455)', () => {
  it('reads messages of every length, in one piece or byte by byte', async () => {
    const { client, raw } = await connectRaw();
    const texts = [0, 1, 2, 3, 4, 5, 125, 126, 65_535, 65_536].map((n) => `raw ${'x'.repeat(n)}`);
    client.socket.write(Buffer.concat(texts.map((text) => clientFrame(TEXT, text))));
    await until('all messages', () => raw.length === texts.length);
    expect(raw).toEqual(texts);
    raw.length = 0;
    client.socket.setNoDelay();
    for (const byte of clientFrame(TEXT, `raw ${'ü'.repeat(70)}`)) {
      client.socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await until('the message', () => raw.length === 1);
    expect(raw).toEqual([`raw ${'ü'.repeat(70)}`]);
  });

  it('reads text beyond ASCII, and bytes', async () => {
    const { client, raw } = await connectRaw();
    const texts = ['raw é', 'raw 日本', 'raw 😀', 'raw \u007f', 'raw \u0080', 'raw \uffff'];
    for (const text of texts) client.sendText(text);
    client.socket.write(clientFrame(BINARY, Buffer.from([0, 255, 128, 1])));
    await until('all messages', () => raw.length === texts.length + 1);
    expect(raw.slice(0, -1)).toEqual(texts);
    expect([...(raw.at(-1) as Buffer)]).toEqual([0, 255, 128, 1]);
  });

  it('joins fragments, with pings between them, splitting characters', async () => {
    const { client, raw } = await connectRaw();
    const text = Buffer.from('raw 日本');
    client.socket.write(clientFrame(0x01, text.subarray(0, 5)));
    client.socket.write(clientFrame(0x89, 'between'));
    client.socket.write(clientFrame(0x00, text.subarray(5, 6)));
    client.socket.write(clientFrame(0x80, text.subarray(6)));
    client.socket.write(clientFrame(0x02, Buffer.from([1])));
    client.socket.write(clientFrame(0x80, Buffer.from([2])));
    await until('both messages', () => raw.length === 2);
    expect(raw[0]).toBe('raw 日本');
    expect([...(raw[1] as Buffer)]).toEqual([1, 2]);
    const pong = () => client.frames.find(({ opcode }) => opcode === 10);
    await until('the pong', () => pong() !== undefined);
    expect(pong()!.payload.toString()).toBe('between');
  });

  it.each([
    ['an unmasked frame', clientFrame(TEXT, 'raw', false), 1002, 'WS_ERR_EXPECTED_MASK'],
    ['an empty unmasked frame', clientFrame(TEXT, '', false), 1002, 'WS_ERR_EXPECTED_MASK'],
    ['a compressed frame', clientFrame(0xc1, 'raw'), 1002, 'WS_ERR_UNEXPECTED_RSV_1'],
    ['reserved bits', clientFrame(0x91, 'raw'), 1002, 'WS_ERR_UNEXPECTED_RSV_2_3'],
    ['opcode 3', clientFrame(0x83, 'raw'), 1002, 'WS_ERR_INVALID_OPCODE'],
    ['opcode 11', clientFrame(0x8b, 'raw'), 1002, 'WS_ERR_INVALID_OPCODE'],
    ['a stray continuation', clientFrame(0x80, 'raw'), 1002, 'WS_ERR_INVALID_OPCODE'],
    ['a fragmented ping', clientFrame(0x09, 'raw'), 1002, 'WS_ERR_EXPECTED_FIN'],
    [
      'a long ping',
      clientFrame(0x89, 'x'.repeat(126)),
      1002,
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    ],
    [
      'a close frame of one byte',
      clientFrame(0x88, Buffer.from([3])),
      1002,
      'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    ],
    [
      'close code 1005',
      clientFrame(0x88, Buffer.from([3, 237])),
      1002,
      'WS_ERR_INVALID_CLOSE_CODE',
    ],
    ['invalid UTF-8', clientFrame(TEXT, Buffer.from([0xff])), 1007, 'WS_ERR_INVALID_UTF8'],
    [
      'an invalid close reason',
      clientFrame(0x88, Buffer.from([3, 232, 0xff])),
      1007,
      'WS_ERR_INVALID_UTF8',
    ],
    [
      'a message interrupted by another',
      Buffer.concat([clientFrame(0x01, 'a'), clientFrame(TEXT, 'b')]),
      1002,
      'WS_ERR_INVALID_OPCODE',
    ],
    [
      'the header of a message too large',
      clientFrame(TEXT, 'x'.repeat(1001)).subarray(0, 8),
      1009,
      'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    ],
    [
      'fragments that are too large together',
      Buffer.concat([clientFrame(0x01, 'x'.repeat(600)), clientFrame(0x80, 'x'.repeat(600))]),
      1009,
      'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    ],
    [
      'too many fragments',
      Buffer.concat([...Array.from({ length: 5 }, (_, i) => clientFrame(i ? 0x00 : 0x01, 'x'))]),
      1008,
      'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    ],
  ])('closes on %s and reads no further', async (_what, bytes, closeCode, code) => {
    const { client, raw, errors, closes } = await connectRaw({
      maxPayload: 1_000,
      maxFragments: 4,
    });
    client.socket.write(Buffer.concat([bytes, clientFrame(TEXT, 'raw after')]));
    expect((await client.closeFrame()).code).toBe(closeCode);
    await until('the end', () => client.isEnded && closes.length === 1);
    expect(errors.some((error) => error.code === code)).toBe(true);
    expect(raw).toEqual([]);
    expect(closes[0].code).toBe(closeCode);
  });

  it.each([
    ['code and reason', Buffer.concat([Buffer.from([0x0f, 0xa5]), Buffer.from('gone ü')]), 4005],
    ['no code', Buffer.alloc(0), 1005],
  ])('answers a close frame with %s', async (_what, payload, code) => {
    const { client, closes } = await connectRaw();
    client.socket.write(clientFrame(0x88, payload));
    await until('the close', () => closes.length === 1 && client.isEnded);
    const answer = client.frames.find(({ opcode }) => opcode === 8);
    expect(answer!.payload.equals(payload)).toBe(true);
    expect(closes[0].code).toBe(code);
  });

  it('waits for the answer to its close frame, and not for ever', async () => {
    const { server, client } = await connectRaw({ wsEngineServerOptions: { closeTimeout: 50 } });
    const [socket] = Object.values(server.clients);
    await socket!.disconnect(4000, 'bye');
    expect(await client.closeFrame()).toEqual({ code: 4000, reason: 'bye' });
    await until('the end', () => client.isEnded);
  });

  it.each([false, true])(
    'answers the latest of many pings (compressed: %s)',
    async (compressed) => {
      const { url } = await startServer({ perMessageDeflate: compressed });
      const client = new FrameClient(url, compressed ? 'permessage-deflate' : undefined);
      await client.handshake();
      const pings = Array.from({ length: 1_000 }, (_, i) => clientFrame(0x89, `ping ${i}`));
      client.socket.write(Buffer.concat(pings));
      const pongs = () => client.frames.filter(({ opcode }) => opcode === 10);
      await until('the pong', () => pongs().some(({ payload }) => `${payload}` === 'ping 999'));
      expect(pongs().length).toBeLessThan(10);
      client.socket.destroy();
    },
  );

  it('keeps one reply only for a client that pings and does not read', async () => {
    const { server, client } = await connectRaw();
    const [socket] = Object.values(server.clients);
    client.socket.pause();
    const filler = 'x'.repeat(100_000);
    while (socket!.bufferedBytes < 200_000) {
      socket!.transmit('filler', filler);
      await new Promise(setImmediate);
    }
    for (let i = 0; i < 1_000; i++) client.socket.write(clientFrame(0x89, `ping ${i}`));
    client.sendText('{"event":"last"}');
    await socket!.receiver('last').once(5_000);
    const unsent = socket!.bufferedBytes;
    client.socket.resume();
    const pongs = () => client.frames.filter(({ opcode }) => opcode === 10);
    await until('the pong', () => pongs().some(({ payload }) => `${payload}` === 'ping 999'));
    expect(pongs().length).toBeLessThan(10);
    expect(unsent).toBeLessThan(1_000_000);
  });

  it('socket.socket is a WebSocket of ws', async () => {
    const { server, client } = await connectRaw();
    const [socket] = Object.values(server.clients);
    const webSocket = socket!.socket;
    expect(webSocket).toBe(socket!.socket);
    expect([webSocket.readyState, webSocket.bufferedAmount, webSocket.isPaused]).toEqual([
      1,
      0,
      false,
    ]);
    const seen: unknown[] = [];
    webSocket.on('message', (data: Buffer, isBinary: boolean) => seen.push([`${data}`, isBinary]));
    webSocket.on('pong', (data: Buffer) => seen.push(`pong ${data}`));
    webSocket.on('close', (code: number, reason: Buffer) => seen.push([code, `${reason}`]));
    client.sendText('raw hello');
    webSocket.ping('are you there?');
    await new Promise<void>((resolve) => webSocket.send('by hand', resolve));
    await until('the frames', () => client.frames.length === 2);
    expect(client.frames.map(({ opcode, payload }) => [opcode, `${payload}`])).toEqual([
      [9, 'are you there?'],
      [1, 'by hand'],
    ]);
    client.socket.write(clientFrame(0x8a, 'yes'));
    client.socket.write(clientFrame(0x88, Buffer.from([3, 232, 0x6f, 0x6b])));
    await until('the close', () => seen.length === 3);
    expect(seen).toEqual([['raw hello', false], 'pong yes', [1000, 'ok']]);
    expect(webSocket.readyState).toBe(3);
  });
});
