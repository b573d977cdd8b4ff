import type { AGServerOptions } from '@asyngular/server';
import { Child } from '../control/child.js';
import { MemoryWatch } from './memory.js';
import { serve, until } from './serve.js';

const MESSAGE_BYTES = 16_384;
const MESSAGES = 200_000_000 / MESSAGE_BYTES;
const LIMIT_MIB = 64;

/** 200 MB are published to readers that have stopped reading and to one that has not. */
export async function printStalledReaders(
  count: number,
  overflowPolicy: NonNullable<AGServerOptions['overflowPolicy']>,
): Promise<boolean> {
  const { server, port, close } = await serve({ overflowPolicy, pingTimeoutDisabled: true });
  const readers = await Child.start('bounds/clients.js', [], { core: 1 });
  await readers.call('subscribe', { port, channel: 'news' });
  const bystander = Object.values(server.clients)[0]!;
  await readers.call('stall', { port, channel: 'news', count });
  await until('all are connected', () => server.clientsCount === count + 1);

  const padding = 'x'.repeat(MESSAGE_BYTES - 10);
  const memory = new MemoryWatch();
  for (let i = 0; i < MESSAGES; i++) {
    await server.exchange.transmitPublish('news', `${i} ${padding}`);
    // A publisher that minds its slowest wanted reader; the stalled ones are not waited for.
    if (i % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (bystander.bufferedBytes > 524_288) {
      await until('the bystander keeps up', () => bystander.bufferedBytes < 131_072);
    }
  }
  const received = await readers.call<{ count: number; isOrdered: boolean }>('received', {
    count: Math.ceil(MESSAGES),
  });
  const grown = memory.stop();
  const { limits } = server.stats();
  const isGood = grown < LIMIT_MIB && received.isOrdered && received.count === Math.ceil(MESSAGES);
  console.log(
    `stalled readers: ${count}, policy ${overflowPolicy}: 200 MB published, RSS +${grown.toFixed(1)} MiB ` +
      `(limit ${LIMIT_MIB}); bystander got ${received.count} of ${Math.ceil(MESSAGES)}, ` +
      `${received.isOrdered ? 'in order' : 'OUT OF ORDER'}; closed with 4011: ${limits.outboundLimit}, ` +
      `dropped: ${limits.overflowPolicy}`,
  );
  await readers.stop();
  await close();
  return isGood;
}
