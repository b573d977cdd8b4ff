// Process of the load generator: subscribers spread over all servers, and publishers.
import { setTimeout as sleep } from 'node:timers/promises';
import { answerRequests } from '../control/answer-requests.js';
import { type Dialect, type DialectName, dialects } from '../load/dialects.js';
import { clientFrame } from '../load/frames.js';
import { assertLengths, concurrently, settle } from '../load/load.js';
import { RawSocket } from '../load/raw-socket.js';
import { payloadJson } from '../payload.js';

export interface FleetLoad {
  dialect: DialectName;
  ports: number[];
  channels: number;
  /** Per channel, spread evenly over the servers. */
  subscribers: number;
  /** Publications under way per channel. */
  inFlight: number;
  /** Publications a second, of all channels together, however many are under way; 0: as fast as copies come back. */
  rate: number;
  /** The channels have a log: publications carry their position, whose length varies. */
  history: boolean;
}

/** Between the publications of a given rate. */
const TICK_MS = 5;

let load: FleetLoad;
let subscribers: RawSocket[] = [];
let lanes: { publish: (count: number) => void; echo: RawSocket }[] = [];
let published = 0;

async function prepare(request: FleetLoad): Promise<void> {
  load = request;
  const { ports, channels } = load;
  const dialect: Dialect = dialects[load.dialect];
  const total = channels * load.subscribers;
  await concurrently(total, 32, async (index) => {
    const channel = index % channels;
    const nth = Math.floor(index / channels);
    // The first subscriber of a channel is not on the publisher's server, if there is another.
    const socket = await RawSocket.open(dialect, ports[(channel + 1 + nth) % ports.length]!);
    await socket.subscribe([`c${channel}`]);
    const delivery = dialect.delivery(`c${channel}`, payloadJson);
    if (!load.history) socket.expectedBytes = Buffer.byteLength(delivery);
    subscribers[index] = socket;
  });
  lanes = await Promise.all(
    Array.from({ length: channels }, async (_, channel) => {
      const publisher = await RawSocket.open(dialect, ports[channel % ports.length]!);
      const frame = clientFrame(dialect.publish(`c${channel}`, payloadJson));
      const publish = (count: number) => {
        published += count;
        publisher.send(count === 1 ? frame : Buffer.concat(Array(count).fill(frame)));
      };
      return { publish, echo: subscribers[channel]! };
    }),
  );
}

async function run(durationMs: number) {
  for (const socket of subscribers) socket.messages = 0;
  published = 0;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  if (load.rate > 0) await publishAtRate(durationMs);
  else await publishByEcho(durationMs);
  const deliveries = () => subscribers.reduce((sum, socket) => sum + socket.messages, 0);
  const wallMs = performance.now() - startedAt;
  const inTime = deliveries();
  await settle('deliveries', published * load.subscribers, deliveries);
  assertLengths(subscribers);
  const { user, system } = process.cpuUsage(cpu);
  return { published, deliveries: deliveries(), inTime, wallMs, cpuMicros: user + system };
}

/** Each copy that comes back to a channel's first subscriber is followed by the next publication. */
async function publishByEcho(durationMs: number): Promise<void> {
  for (const { echo, publish } of lanes) {
    echo.onMessages = publish;
    publish(load.inFlight);
  }
  await sleep(durationMs);
  for (const { echo } of lanes) echo.onMessages = undefined;
}

/** Channels take turns, with as many publications at a time as would otherwise be under way. */
async function publishAtRate(durationMs: number): Promise<void> {
  const startedAt = performance.now();
  let turn = 0;
  for (let elapsed = 0; elapsed < durationMs; elapsed = performance.now() - startedAt) {
    while (published < (load.rate * elapsed) / 1_000) {
      lanes[turn++ % lanes.length]!.publish(load.inFlight);
    }
    await sleep(TICK_MS);
  }
}

answerRequests({
  prepare: async (request: FleetLoad) => {
    subscribers = [];
    await prepare(request);
  },
  run: ({ durationMs }: { durationMs: number }) => run(durationMs),
});
