import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { answerRequests } from '../control/answer-requests.js';

/** Packets of a flood: `data` is JSON already, so that making them costs little. */
type MakePackets = (data: string, count: number) => string[];

/** What a client may wait for before it sends more: its own memory is not what is measured. */
const MAX_BUFFERED_BYTES = 262_144;

/** How long a hostile client stays; what it leaves behind is no longer held back with it. */
const HOSTILE_STAY_MS = 300;

const text = JSON.stringify('x'.repeat(1_000));
/** What becomes much more than it was when it is decoded. */
const dense = JSON.stringify(Array.from({ length: 20_000 }, () => []));

const toEvent =
  (event: string): MakePackets =>
  (data) => [`{"event":"${event}","data":${data}}`];
const toProcedure =
  (event: string): MakePackets =>
  (data, cid) => [`{"event":"${event}","data":${data},"cid":${cid}}`];
const toChannel =
  (channel: string): MakePackets =>
  (data) => [`{"event":"#publish","data":{"channel":"${channel}","data":${data}}}`];

/** The floods, and what the application is asked to lag behind with for that socket. */
const floods: Record<string, { lag?: string; packets: MakePackets }> = {
  exchange: { packets: toChannel('orders') },
  forgottenExchange: { packets: toChannel('forgotten') },
  republished: { packets: toProcedure('republish') },
  warnings: { packets: () => ['{"event":"#publish","data":5}'] },
  subscriptions: {
    lag: 'events',
    packets: (data, cid) => [
      `{"event":"#subscribe","data":{"channel":"c","data":${data}},"cid":${cid}}`,
      '{"event":"#unsubscribe","data":"c"}',
    ],
  },
  tokens: {
    packets: (data, cid) => [
      `{"event":"#authenticate","data":"${data.replaceAll('"', '')}","cid":${cid}}`,
    ],
  },
  receiver: { lag: 'receiver', packets: toEvent('x') },
  procedure: { lag: 'procedure', packets: toProcedure('x') },
  raw: { lag: 'raw', packets: (data) => [`{"data":${data}}`] },
  message: { lag: 'message', packets: toEvent('nobody') },
  inboundTap: { lag: 'inboundTap', packets: toEvent('nobody') },
  outboundTap: { lag: 'outboundTap', packets: toChannel('news') },
  actions: { lag: 'actions', packets: toEvent('nobody') },
  serialHandler: { packets: toEvent('serial') },
  parallelHandler: { packets: toEvent('parallel') },
};

function send(webSocket: WebSocket, packet: unknown): void {
  webSocket.send(JSON.stringify(packet));
}

/** A client after its handshake; `undefined` when the server would not have it. */
async function connect(port: number): Promise<WebSocket | undefined> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/asyngular/`);
  const answered = new Promise<boolean>((resolve) => {
    webSocket.on('error', () => resolve(false));
    webSocket.on('close', () => resolve(false));
    webSocket.on('message', (data) => {
      const message = String(data);
      if (message === '') webSocket.send('');
      else if (message.startsWith('{"rid":1,')) resolve(true);
    });
  });
  webSocket.on('open', () => send(webSocket, { event: '#handshake', data: {}, cid: 1 }));
  return (await answered) ? webSocket : undefined;
}

/** Sends as fast as the connection takes it; comes back when it was closed, or wants to be gone. */
async function flood(name: string, port: number, endMs: number, isHostile: boolean): Promise<void> {
  const { lag, packets } = floods[name]!;
  const data = isHostile ? dense : text;
  let count = 10;
  while (performance.now() < endMs) {
    const webSocket = await connect(port);
    if (webSocket === undefined) {
      await pause(50);
      continue;
    }
    if (lag) send(webSocket, { event: 'lag', data: lag, cid: 2 });
    send(webSocket, { event: '#subscribe', data: { channel: 'news' }, cid: 3 });
    const leaveMs = isHostile ? Math.min(endMs, performance.now() + HOSTILE_STAY_MS) : endMs;
    while (performance.now() < leaveMs && webSocket.readyState === WebSocket.OPEN) {
      if (webSocket.bufferedAmount > MAX_BUFFERED_BYTES) await pause(5);
      else for (const packet of packets(data, ++count)) webSocket.send(packet);
      if (count % 100 === 0) await pause(0);
    }
    webSocket.terminate();
  }
}

/** Comes and goes. */
async function comeAndGo(port: number, endMs: number): Promise<void> {
  while (performance.now() < endMs) {
    const webSocket = await connect(port);
    webSocket?.terminate();
    if (webSocket === undefined) await pause(20);
  }
}

/** How many calls were answered, and how long the slowest took. */
interface Calls {
  readonly calls: number;
  readonly worstMs: number;
}

/** Calls one after the other. */
async function callRepeatedly(webSocket: WebSocket, endMs: number): Promise<Calls> {
  let worstMs = 0;
  let calls = 0;
  let answered: () => void = () => {};
  webSocket.on('message', (data) => {
    if (String(data).includes('"rid"')) answered();
  });
  while (performance.now() < endMs) {
    const startMs = performance.now();
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    send(webSocket, { event: 'echo', data: calls, cid: calls + 2 });
    await answer;
    calls++;
    worstMs = Math.max(worstMs, performance.now() - startMs);
    await pause(10);
  }
  return { calls, worstMs };
}

answerRequests({
  async flood({ port, seconds, only }: { port: number; seconds: number; only?: string[] }) {
    const endMs = performance.now() + seconds * 1_000;
    const clients = (only ?? Object.keys(floods)).flatMap((name) => [
      flood(name, port, endMs, false),
      flood(name, port, endMs, true),
    ]);
    await Promise.all([...clients, comeAndGo(port, endMs)]);
  },
  async call({ port, seconds }: { port: number; seconds: number }) {
    const webSocket = (await connect(port))!;
    return callRepeatedly(webSocket, performance.now() + seconds * 1_000);
  },
});
