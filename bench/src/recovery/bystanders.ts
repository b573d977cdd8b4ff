// Process of clients that only make calls, and note how long the answers take.
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
let timesMs: number[] = [];
let calling: Promise<void>[] = [];

async function callRepeatedly(socket: RawSocket): Promise<void> {
  await sleep(Math.random() * PAUSE_MS);
  while (isCalling) {
    const startMs = performance.now();
    const answered = socket.until(() => 1, 1);
    socket.sendText(dialect.call(2, '0'));
    await answered;
    timesMs.push(performance.now() - startMs);
    await sleep(PAUSE_MS);
  }
}

answerRequests({
  async prepare({ port, count }: { port: number; count: number }) {
    sockets = await Promise.all(Array.from({ length: count }, () => RawSocket.open(dialect, port)));
  },
  start() {
    isCalling = true;
    timesMs = [];
    calling = sockets.map((socket) => callRepeatedly(socket));
  },
  async stop(): Promise<Latency> {
    isCalling = false;
    await Promise.all(calling);
    const [p50Ms, p99Ms] = [percentile(timesMs, 0.5), percentile(timesMs, 0.99)];
    return { calls: timesMs.length, p50Ms, p99Ms };
  },
});
