// Process of pages that all move their cursors in one channel.
import { setTimeout as sleep } from 'node:timers/promises';
import { answerRequests } from '../control/answer-requests.js';
import { type Dialect, dialects } from '../load/dialects.js';
import { clientFrame } from '../load/frames.js';
import { concurrently } from '../load/load.js';
import { RawSocket } from '../load/raw-socket.js';
import { percentile } from '../recovery/percentile.js';
import { presenceDialect } from './wire.js';

export interface CursorsLoad {
  port: number;
  kind: CursorsKind;
  pages: number;
  /** How often each moves, per second. */
  perSecond: number;
}

export type CursorsKind = 'presence' | 'publications' | 'socket.io';

/** What the pages that look at every packet have seen. */
export interface Moved {
  /** Messages a second that each of them has got. */
  perSecond: number;
  kibPerSecond: number;
  /** From a move to the message with it, or with a later one of the same page. */
  p50Ms: number;
  p99Ms: number;
}

const CHANNEL = 'room';
/** Pages that look at every packet; the others only count them, so that this process is not the bottleneck. */
const OBSERVERS = 4;

const wires: Record<CursorsKind, { dialect: Dialect; move: (state: string) => string }> = {
  presence: {
    dialect: presenceDialect,
    move: (state) => `{"event":"#presence","data":{"channel":"${CHANNEL}","update":${state}}}`,
  },
  publications: {
    dialect: dialects.asyngular,
    move: (state) => dialects.asyngular.publish(CHANNEL, state),
  },
  'socket.io': {
    dialect: dialects['socket.io'],
    move: (state) => dialects['socket.io'].publish(CHANNEL, state),
  },
};

let load: CursorsLoad;
let sockets: RawSocket[] = [];
let messages = 0;
let bytes = 0;
let delaysMs: number[] = [];

/** Notes when each of the moves in a message was made. */
function observe(text: string): number {
  const nowMs = performance.now();
  messages += 1;
  bytes += text.length;
  for (const [, movedAtMs] of text.matchAll(/"t":([\d.]+)/g))
    delaysMs.push(nowMs - Number(movedAtMs));
  return 0;
}

async function join(index: number): Promise<void> {
  const { dialect } = wires[load.kind];
  const socket = await RawSocket.open(dialect, load.port);
  sockets[index] = socket;
  if (load.kind !== 'presence') {
    await socket.subscribe([CHANNEL]);
    return;
  }
  const joined = socket.until(() => 1, 2);
  const presence = { state: { x: 0, y: 0 }, watch: true };
  const data = { channel: CHANNEL, presence };
  socket.sendText(JSON.stringify({ event: '#subscribe', data, cid: 2 }));
  await joined;
}

/** Moves all cursors, spread evenly over each period. */
async function move(untilMs: number): Promise<void> {
  const { dialect: _, move: text } = wires[load.kind];
  const periodMs = 1_000 / load.perSecond;
  for (let periodAtMs = performance.now(); periodAtMs < untilMs; periodAtMs += periodMs) {
    for (const [index, socket] of sockets.entries()) {
      const dueMs = periodAtMs + (periodMs * index) / sockets.length;
      if (dueMs > performance.now() + 1) await sleep(dueMs - performance.now());
      const [x, y] = [Math.random(), Math.random()].map((part) => Math.floor(part * 1_000));
      const t = Math.round(performance.now() * 10) / 10;
      socket.send(clientFrame(text(`{"x":${x},"y":${y},"t":${t}}`)));
    }
  }
}

answerRequests({
  async prepare(request: CursorsLoad) {
    load = request;
    sockets = [];
    await concurrently(load.pages, 64, join);
  },
  async run({ seconds }: { seconds: number }): Promise<Moved> {
    // Those who begin are many at once.
    await move(performance.now() + 1_000);
    for (const socket of sockets.slice(0, OBSERVERS)) void socket.until(observe, 1);
    const startMs = performance.now();
    await move(startMs + seconds * 1_000);
    const passed = ((performance.now() - startMs) / 1_000) * OBSERVERS;
    const moved: Moved = {
      perSecond: messages / passed,
      kibPerSecond: bytes / passed / 1_024,
      p50Ms: percentile(delaysMs, 0.5),
      p99Ms: percentile(delaysMs, 0.99),
    };
    [messages, bytes, delaysMs] = [0, 0, []];
    return moved;
  },
});
