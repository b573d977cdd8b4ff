import { Child } from '../control/child.js';
import type { Latency } from './flood.js';
import { serve, until } from './serve.js';

const HANDSHAKES = 10_000;
const TIMEOUT_MS = 5_000;

/** Thousands of upgrades whose handshake never comes, and one client that means it. */
export async function printHandshakes(): Promise<boolean> {
  const { server, port, close } = await serve({ handshakeTimeout: TIMEOUT_MS });
  server.handle('echo', (data) => data);
  const idlers = await Child.start('bounds/clients.js', [], { core: 1 });
  const healthy = await Child.start('bounds/clients.js', [], { core: 1 });
  // Twice, because the first calls also compile.
  const measure = () => healthy.call<Latency>('measureCalls', { port, count: 20, seconds: 3 });
  await measure();
  const quiet = await measure();
  let highest = 0;
  const watch = setInterval(() => {
    highest = Math.max(highest, server.stats().pendingHandshakes);
  }, 5);
  const startMs = performance.now();
  const idling = idlers.call<number>('idle', { port, count: HANDSHAKES });
  const during = await measure();
  const upgraded = await idling;
  const lastMs = performance.now();
  const connectedMs = await healthy.call<number>('connect', { port });
  await until('none is pending', () => server.stats().pendingHandshakes === 0);
  const endMs = performance.now();
  clearInterval(watch);
  const { limits, clients, pendingHandshakes } = server.stats();
  console.log(
    `handshakes: ${upgraded} never finished (${highest} pending at once, opened in ` +
      `${((lastMs - startMs) / 1_000).toFixed(1)} s); ${pendingHandshakes} pending ` +
      `${((endMs - lastMs) / 1_000).toFixed(1)} s after the last (deadline ${TIMEOUT_MS / 1_000} s), ` +
      `${limits.handshakeTimeout} closed with 4005; a healthy client connected meanwhile in ` +
      `${connectedMs.toFixed(1)} ms; RPC of 20 others p50/p99 quiet ${quiet.p50Ms.toFixed(2)}/` +
      `${quiet.p99Ms.toFixed(2)} ms, meanwhile ${during.p50Ms.toFixed(2)}/${during.p99Ms.toFixed(2)} ms`,
  );
  await idlers.stop();
  await healthy.stop();
  await close();
  return upgraded === HANDSHAKES && clients === 1 && limits.handshakeTimeout === HANDSHAKES;
}
