import { clientFrame, FrameClient } from '@asyngular/test-utils/frame-client';
import { expect, it } from 'vitest';
import { startServer, until } from './support/server.js';

// What a client sends can also wait in loops over events.

it.each([
  ['raw', { inboundHighWaterMark: 100 }],
  ['message', { inboundHighWaterMark: 100 }],
  ['raw', { inboundHighWaterMarkBytes: 100_000 }],
] as const)(
  'a slow loop over %s stops the reading at %j, and misses nothing',
  async (event, bound) => {
    const { server, url } = await startServer(bound);
    const client = new FrameClient(url);
    await client.handshake();
    const [socket] = Object.values(server.clients);
    const consumer = socket!.listener(event).createConsumer();
    const count = 20_000;
    const text = 'x'.repeat(1_000);
    const frames = Array.from({ length: count }, (_, n) => clientFrame(0x81, `${n} ${text}`));
    client.socket.write(Buffer.concat(frames));
    await until('reading has stopped', () => socket!.stats().isReadingPaused);
    // What had come in one chunk when the mark was reached may lie on top of it.
    expect(socket!.stats().unconsumedMessages).toBeLessThan(200);
    for (let n = 0; n < count; n++) {
      const { value } = await consumer.next();
      expect(value.message.startsWith(`${n} `)).toBe(true);
    }
    expect(socket!.stats()).toMatchObject({ unconsumedMessages: 0, unconsumedBytes: 0 });
    client.socket.destroy();
    await until('it has gone', () => server.clientsCount === 0);
  },
);
