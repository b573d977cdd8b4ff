import { Child } from '../control/child.js';
import { MemoryWatch } from './memory.js';
import { serve } from './serve.js';

const TRANSMITS = 200_000;
const LIMIT_MIB = 32;
const SECONDS = 4;

/** How long calls took, over all callers. */
export interface Latency {
  calls: number;
  p50Ms: number;
  p99Ms: number;
}

/** One client floods a receiver whose loop never returns, while others call procedures. */
export async function printFlood(): Promise<boolean> {
  const { server, port, close } = await serve({});
  server.handle('echo', (data) => data);
  (async () => {
    for await (const { socket } of server.listener('connection')) {
      (async () => {
        for await (const _data of socket.receiver('flood')) await new Promise(() => {});
      })();
    }
  })();
  const callers = await Child.start('bounds/clients.js', [], { core: 1 });
  const flooder = await Child.start('bounds/clients.js', [], { core: 1 });
  const measure = () =>
    callers.call<Latency>('measureCalls', { port, count: 20, seconds: SECONDS });
  await measure();
  const quiet = await measure();
  const memory = new MemoryWatch();
  const flooding = flooder.call<number>('flood', { port, count: TRANSMITS });
  const during = await measure();
  const sent = await flooding;
  const grown = memory.stop();
  const { limits } = server.stats();
  const isGood = grown < LIMIT_MIB && during.p99Ms <= 2 * quiet.p99Ms;
  console.log(
    `flood: ${sent} transmits to a loop that never returns, RSS +${grown.toFixed(1)} MiB (limit ${LIMIT_MIB}), ` +
      `reading paused ${limits.inboundHighWaterMark} time(s); RPC of 20 others p50/p99 quiet ` +
      `${quiet.p50Ms.toFixed(2)}/${quiet.p99Ms.toFixed(2)} ms, meanwhile ${during.p50Ms.toFixed(2)}/` +
      `${during.p99Ms.toFixed(2)} ms (limit 2x)`,
  );
  await callers.stop();
  await flooder.stop();
  await close();
  return isGood;
}
