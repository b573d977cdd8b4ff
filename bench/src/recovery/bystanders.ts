// Process of clients that make calls, or publish to themselves, and note how long the answers take.
import { setTimeout as sleep } from 'node:timers/promises';
import { answerRequests } from '../control/answer-requests.js';
import { dialects } from '../load/dialects.js';
import { RawSocket } from '../load/raw-socket.js';
import { percentile } from './percentile.js';

export interface Latency {
  calls: number;
  p50Ms: number;
  p99Ms: number;
}

const PAUSE_MS = 100;
const dialect = dialects.asyngular;

let sockets: RawSocket[] = [];
let isCalling = false;
/** Every other time each of them publishes to a channel that it alone has subscribed to. */
let publishes = false;
let timesMs: number[] = [];
let calling: Promise<void>[] = [];

async function callRepeatedly(socket: RawSocket, index: number): Promise<void> {
  await sleep(Math.random() * PAUSE_MS);
  const texts = [dialect.call(2, '0')];
  if (publishes) texts.push(dialect.publish(`bystander ${index}`, '0'));
  for (let nth = 0; isCalling; nth++) {
    const startMs = performance.now();
    const answered = socket.until(() => 1, 1);
    socket.sendText(texts[nth % texts.length]!);
    await answered;
    timesMs.push(performance.now() - startMs);
    await sleep(PAUSE_MS);
  }
}

answerRequests({
  async prepare(request: { port: number; count: number; publishes?: boolean }) {
    const { port, count } = request;
    publishes = request.publishes === true;
    sockets = await Promise.all(Array.from({ length: count }, () => RawSocket.open(dialect, port)));
    if (!publishes) return;
    await Promise.all(sockets.map((socket, index) => socket.subscribe([`bystander ${index}`])));
  },
  start() {
    isCalling = true;
    timesMs = [];
    calling = sockets.map(callRepeatedly);
  },
  async stop(): Promise<Latency> {
    isCalling = false;
    await Promise.all(calling);
    const [p50Ms, p99Ms] = [percentile(timesMs, 0.5), percentile(timesMs, 0.99)];
    return { calls: timesMs.length, p50Ms, p99Ms };
  },
});
