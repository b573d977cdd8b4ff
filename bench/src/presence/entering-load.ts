// Process of clients that watch one channel on several servers, and then all enter it.
import { setTimeout as sleep } from 'node:timers/promises';
import { answerRequests } from '../control/answer-requests.js';
import { clientFrame } from '../load/frames.js';
import { concurrently } from '../load/load.js';
import { RawSocket } from '../load/raw-socket.js';
import { presenceDialect, states } from './wire.js';

export interface EnteringLoad {
  ports: number[];
  clients: number;
  /** They enter, or publish what they would enter with. */
  kind: 'presence' | 'publications';
  /** How long all of them take to do so. */
  spreadMs: number;
}

/** What all clients have when the last of them has heard of everybody. */
export interface Entered {
  /** From the last one that entered to the last one that knew of it. */
  agreedAfterMs: number;
  bytesEach: number;
  packetsEach: number;
}

const CHANNEL = 'room';
/** Longer than anybody takes. */
const PATIENCE_MS = 60_000;

let load: EnteringLoad;
let sockets: RawSocket[] = [];

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

async function join(index: number): Promise<void> {
  const socket = await RawSocket.open(presenceDialect, load.ports[index % load.ports.length]!);
  sockets[index] = socket;
  const presence = { watch: true };
  const data = { channel: CHANNEL, ...(load.kind === 'presence' && { presence }) };
  // The answer, then the members there are.
  const awaited = load.kind === 'presence' ? 2 : 1;
  const joined = socket.until(() => 1, awaited);
  socket.sendText(JSON.stringify({ event: '#subscribe', data, cid: 2 }));
  await joined;
}

/** Bytes of one sync of everybody, as somebody gets it who comes last. */
async function bytesOfSync(): Promise<number> {
  const socket = await RawSocket.open(presenceDialect, load.ports[0]!);
  let bytes = 0;
  const synced = socket.until((text) => {
    if (!text.includes('"sync":true')) return 0;
    bytes += text.length;
    return occurrences(text, '"key":');
  }, load.clients);
  const data = { channel: CHANNEL, presence: { watch: true } };
  socket.sendText(JSON.stringify({ event: '#subscribe', data, cid: 2 }));
  await synced;
  socket.cut();
  return bytes;
}

answerRequests({
  async prepare(request: EnteringLoad) {
    load = request;
    sockets = [];
    await concurrently(load.clients, 64, join);
  },
  async enter(): Promise<Entered> {
    const { clients, kind, spreadMs } = load;
    const mark = kind === 'presence' ? '"key":' : '"#publish"';
    let bytes = 0;
    let packets = 0;
    const all = Promise.all(
      sockets.map((socket) =>
        socket.until((text) => {
          bytes += text.length;
          packets += 1;
          return occurrences(text, mark);
        }, clients),
      ),
    );
    const startMs = performance.now();
    for (const [index, socket] of sockets.entries()) {
      const dueMs = startMs + (spreadMs * index) / clients;
      if (dueMs > performance.now()) await sleep(dueMs - performance.now());
      const state = states[index % states.length];
      const what =
        kind === 'presence'
          ? { event: '#presence', data: { channel: CHANNEL, enter: state } }
          : { event: '#publish', data: { channel: CHANNEL, data: state } };
      socket.send(clientFrame(JSON.stringify(what)));
    }
    const enteredAtMs = performance.now();
    const late = sleep(PATIENCE_MS).then(() => {
      throw new Error(`After ${PATIENCE_MS} ms not everybody knew of ${clients} members.`);
    });
    await Promise.race([all, late]);
    return {
      agreedAfterMs: performance.now() - enteredAtMs,
      bytesEach: bytes / clients,
      packetsEach: packets / clients,
    };
  },
  bytesOfSync,
});
