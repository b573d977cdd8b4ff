// What streams of results cost: items a second by round trip and credit, and memory of idle ones.
// npm run bench:streams
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type AGClientSocket, create } from '@asyngular/client';

const ITEMS = 100_000;
const ROUNDS = 3;
const IDLE_STREAMS = 10_000;
const STREAMS_PER_SOCKET = 100;

const child = fork(fileURLToPath(new URL('./serve.js', import.meta.url)), {
  execArgv: ['--expose-gc'],
});
const [{ port }] = await once(child, 'message');

/** A path on which what the server sends takes `delayMs`: one round trip. */
async function delayed(delayMs: number): Promise<number> {
  const proxy = createServer({ noDelay: true }, (client) => {
    const upstream = connect(port, '127.0.0.1');
    client.pipe(upstream);
    upstream.on('data', (bytes) => setTimeout(() => client.write(bytes), delayMs));
    upstream.on('close', () => client.destroy());
    client.on('error', () => upstream.destroy());
  }).listen(0);
  await once(proxy, 'listening');
  proxy.unref();
  return (proxy.address() as AddressInfo).port;
}

async function open(at: number): Promise<AGClientSocket> {
  const socket = create({ hostname: '127.0.0.1', port: at, logger: false });
  await socket.listener('connect').once();
  return socket;
}

/** Items a second, the median of the rounds. */
async function rate(at: number, count: number, highWaterMark: number): Promise<number> {
  const socket = await open(at);
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    let items = 0;
    for await (const _item of socket.stream('items', count, { highWaterMark })) items++;
    rates.push((items * 1_000) / (performance.now() - begin));
  }
  socket.disconnect();
  return rates.sort((one, other) => one - other)[ROUNDS >> 1]!;
}

function ownHeap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function heapOf(process: ChildProcess): Promise<number> {
  process.send('heap');
  const [{ heap }] = await once(process, 'message');
  return heap;
}

console.log(`Node ${process.version}, items of 90 bytes, medians of ${ROUNDS} rounds\n`);
console.log('| round trip | credit | items a second |');
console.log('| --- | --- | --- |');
const far = await delayed(100);
for (const [name, at, count, highWaterMark] of [
  ['0 ms', port, ITEMS, 128],
  ['0 ms', port, ITEMS, 1_000],
  ['100 ms', far, 2_000, 128],
  ['100 ms', far, 20_000, 1_000],
] as const) {
  const perSecond = Math.round(await rate(at, count, highWaterMark));
  console.log(`| ${name} | ${highWaterMark} | ${perSecond.toLocaleString('en')} |`);
}

const sockets: AGClientSocket[] = [];
for (let n = 0; n < IDLE_STREAMS / STREAMS_PER_SOCKET; n++) sockets.push(await open(port));
const before = { server: await heapOf(child), client: ownHeap() };
const idle = sockets.flatMap((socket) =>
  Array.from({ length: STREAMS_PER_SOCKET }, () => socket.stream('idle')[Symbol.asyncIterator]()),
);
await Promise.all(idle.map((iterator) => iterator.next()));
const waiting = idle.map((iterator) => iterator.next());
const after = { server: await heapOf(child), client: ownHeap() };
const perStream = (side: 'server' | 'client') =>
  Math.round((after[side] - before[side]) / IDLE_STREAMS).toLocaleString('en');
console.log(`\n${waiting.length} idle streams on ${sockets.length} sockets, bytes of heap each:`);
console.log(`server ${perStream('server')}, client ${perStream('client')}`);
child.kill();
process.exit();
