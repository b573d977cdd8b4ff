import { create } from '@asyngular/client';
import type { Codec } from '@asyngular/protocol';
import { recordFaults } from '@asyngular/test-utils/process-faults';
import { describe, expect, it } from 'vitest';
import { onCleanup, startServer, until } from './support/server.js';

/** JSON, with what a test changes about it. */
function codec(encode: (packet: any) => any): Codec {
  return {
    encode,
    decode: (message) =>
      JSON.parse(typeof message === 'string' ? message : new TextDecoder().decode(message)),
  };
}

/** Bytes in a buffer of their own, as codecs built on typed arrays return them. */
function toArrayBuffer(packet: unknown): ArrayBuffer {
  return new TextEncoder().encode(JSON.stringify(packet)).buffer as ArrayBuffer;
}

describe('a custom codec', () => {
  it('may return an ArrayBuffer on both sides', async () => {
    const codecEngine = codec(toArrayBuffer);
    const { server, port } = await startServer({ codecEngine });
    server.handle('echo', (data) => data);
    const client = create({ hostname: '127.0.0.1', port, codecEngine });
    onCleanup(() => client.disconnect());
    expect(await client.invoke('echo', { a: 1 })).toEqual({ a: 1 });
    await client.subscribe('news').listener('subscribe').once(5_000);
    const news = client.channel('news').once(5_000);
    await server.exchange.transmitPublish('news', [1, 2]);
    expect(await news).toEqual([1, 2]);
  });

  it('that makes no message of a packet fails that packet alone', async () => {
    const faults = recordFaults();
    const encode = (packet: any) => (packet.data === 'bad' ? undefined : JSON.stringify(packet));
    const { server, open, warnings } = await startServer({ codecEngine: codec(encode) });
    server.handle('echo', (data) => data);
    const client = await open();
    const [socket] = Object.values(server.clients);
    await socket!.transmit('note', 'bad');
    await expect(socket!.invoke('ask', 'bad')).rejects.toThrow(
      'A message is of type undefined; it must be a string or binary data',
    );
    const { error } = await client.request('echo', 'bad');
    expect(error.name).toBe('InvalidMessageError');
    expect((await client.request('echo', 'good')).data).toBe('good');
    expect(warnings.map(({ name }) => name)).toContain('InvalidMessageError');
    expect(faults).toEqual([]);
  });

  it('that takes no arrays sends the packets of a batch one by one', async () => {
    const faults = recordFaults();
    const encode = (packet: any) => {
      if (Array.isArray(packet)) throw new TypeError('no arrays');
      return JSON.stringify(packet);
    };
    const { server, open } = await startServer({ codecEngine: codec(encode), batchInterval: 1 });
    const client = await open();
    const [socket] = Object.values(server.clients);
    socket!.startBatch();
    void socket!.transmit('a', 1);
    void socket!.transmit('b', 2);
    const arrived = client.nextEvent('b');
    socket!.flushBatch();
    await arrived;
    socket!.startBatching();
    const timed = client.nextEvent('c');
    void socket!.transmit('c');
    await timed;
    // What a batch holds when the socket closes must not keep it from closing.
    void socket!.transmit('d');
    await socket!.disconnect(4100);
    expect((await client.whenClosed()).code).toBe(4100);
    expect(server.clientsCount).toBe(0);
    expect(client.received.map(({ event }) => event).filter(Boolean)).toEqual(['a', 'b', 'c', 'd']);
    expect(faults).toEqual([]);
  });
});

describe('socket.send()', () => {
  it('sends the bytes of any buffer or view, and refuses what is no message', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const [socket] = Object.values(server.clients);
    const bytes = new Uint8Array([1, 2, 3, 4]);
    socket!.send(bytes.buffer);
    socket!.send(new Uint16Array(bytes.buffer));
    socket!.send(new DataView(bytes.buffer, 1, 2));
    for (const value of [5, null, undefined, {}, true]) {
      expect(() => socket!.send(value as any)).toThrow('it must be a string or binary data');
    }
    socket!.send('end');
    await until('the text has arrived', () => client.received.includes('end'));
    const received = client.received.slice(-4, -1).map((message) => [...message]);
    expect(received).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
      [2, 3],
    ]);
  });
});
