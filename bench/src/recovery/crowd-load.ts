// Process of a crowd that is cut off at once and comes back at once.
import { constants, setPriority } from 'node:os';
import { answerRequests } from '../control/answer-requests.js';
import { dialects } from '../load/dialects.js';
import { clientFrame } from '../load/frames.js';
import { concurrently } from '../load/load.js';
import { RawSocket } from '../load/raw-socket.js';
import { payloadJson } from '../payload.js';

export interface CrowdLoad {
  port: number;
  connections: number;
  /** Subscriptions of each. */
  channels: number;
  /** Publications that each of its channels has while it is away. */
  missed: number;
  /** The channels have a log, and whoever comes back says where it was. */
  history: boolean;
}

/** A crowd that only connects. */
export interface TokenCrowdLoad {
  port: number;
  connections: number;
  token: string | undefined;
}

/** Channels of the whole crowd. */
const CHANNELS = 2_000;
/** Connections being made at a time. */
const WIDTH = 256;
const AWAY_MS = 1_000;

const plain = dialects.asyngular;
const dialect = {
  ...plain,
  handshake: () => [
    '{"event":"#handshake","data":{"authToken":null,"ext":{"recovery":{}}},"cid":1}',
  ],
};

let load: CrowdLoad;
let sockets: RawSocket[] = [];
/** By channel: where the last one that subscribed to it was. */
const positions = new Map<string, string>();

const channelsOf = (index: number) => {
  return Array.from({ length: load.channels }, (_, nth) => `c${(index * 7 + nth) % CHANNELS}`);
};

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

/** Subscribes and notes where the channels are. */
async function arrive(index: number): Promise<void> {
  const socket = await RawSocket.open(load.history ? dialect : plain, load.port);
  sockets[index] = socket;
  const channels = channelsOf(index);
  if (!load.history) {
    await socket.subscribe(channels);
    return;
  }
  const answered = socket.until((text) => {
    const answers = [JSON.parse(text)].flat() as { rid: number; data: { position: string } }[];
    for (const { rid, data } of answers) positions.set(channels[rid - 2]!, data.position);
    return answers.length;
  }, channels.length);
  for (const text of plain.subscribe(channels)) socket.sendText(text);
  await answered;
}

/** Subscribes from where it was, and has all that it missed. */
async function comeBack(index: number): Promise<void> {
  if (!load.history) return arrive(index);
  const socket = await RawSocket.open(dialect, load.port);
  sockets[index] = socket;
  const channels = channelsOf(index);
  const whole = socket.until(
    (text) => occurrences(text, '"recovered":true') + occurrences(text, '"#publish"'),
    channels.length * (1 + load.missed),
  );
  const packets = channels.map((channel, nth) => {
    const data = { channel, recover: positions.get(channel), away: AWAY_MS };
    return { event: '#subscribe', data, cid: nth + 2 };
  });
  socket.sendText(JSON.stringify(packets));
  await whole;
}

answerRequests({
  async prepare(request: CrowdLoad) {
    load = request;
    sockets = [];
    await concurrently(load.connections, WIDTH, arrive);
  },
  /** Resolves with the ms until all are connected and have their handshakes answered. Nobody waits for anybody. */
  async arriveAtOnce({ port, connections, token }: TokenCrowdLoad) {
    setPriority(constants.priority.PRIORITY_LOW);
    const startMs = performance.now();
    const open = () => RawSocket.open(plain, port, token);
    sockets = await Promise.all(Array.from({ length: connections }, open));
    return performance.now() - startMs;
  },
  /** Ends all connections and publishes what they miss. */
  async leave() {
    for (const socket of sockets) socket.cut();
    const publisher = await RawSocket.open(plain, load.port);
    for (let nth = 0; nth < load.missed; nth++) {
      for (let channel = 0; channel < CHANNELS; channel++) {
        publisher.send(clientFrame(plain.publish(`c${channel}`, payloadJson)));
      }
    }
    // Answered after all that was published before it.
    const answered = publisher.until(() => 1, 1);
    publisher.sendText(plain.call(7, '0'));
    await answered;
    publisher.cut();
  },
  /** Resolves with the ms until everybody is back and has everything. */
  async comeBack() {
    // The latency of the others is to tell of the server, not of this process on their core.
    setPriority(constants.priority.PRIORITY_LOW);
    const startMs = performance.now();
    await concurrently(load.connections, WIDTH, comeBack);
    return performance.now() - startMs;
  },
});
