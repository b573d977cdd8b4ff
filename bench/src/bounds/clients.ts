import { connect as connectTcp } from 'node:net';
import { constants, setPriority } from 'node:os';
import { WebSocket } from 'ws';
import { answerRequests } from '../control/answer-requests.js';

const UPGRADE = [
  'GET /asyngular/ HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

/** Sockets kept for the life of the process. */
const kept: unknown[] = [];
let received = 0;
let isOrdered = true;

/** A client after its handshake; `onPacket` gets whatever comes then. */
function connect(port: number, onPacket: (packet: any) => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/asyngular/`);
    kept.push(webSocket);
    webSocket.on('error', reject);
    webSocket.on('open', () => webSocket.send('{"event":"#handshake","data":{},"cid":1}'));
    webSocket.on('message', (data) => {
      const text = data.toString();
      if (text === '' || text === '#1') {
        webSocket.send(text === '' ? '' : '#2');
        return;
      }
      const packet = JSON.parse(text);
      if (packet.rid === 1) resolve(webSocket);
      else onPacket(packet);
    });
  });
}

function subscribe(webSocket: WebSocket, channel: string): void {
  webSocket.send(JSON.stringify({ event: '#subscribe', data: { channel }, cid: 2 }));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Calls one after the other until the time is up, and records how long each took. */
async function callRepeatedly(port: number, endMs: number, times: number[]): Promise<void> {
  let answered: (() => void) | undefined;
  const webSocket = await connect(port, () => answered?.());
  for (let cid = 2; performance.now() < endMs; cid++) {
    const startMs = performance.now();
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    webSocket.send(JSON.stringify({ event: 'echo', data: cid, cid }));
    await answer;
    times.push(performance.now() - startMs);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  webSocket.terminate();
}

answerRequests({
  async subscribe({ port, channel }: { port: number; channel: string }) {
    let confirm: () => void = () => {};
    const confirmed = new Promise<void>((resolve) => {
      confirm = resolve;
    });
    const webSocket = await connect(port, (packet) => {
      if (packet.rid === 2) confirm();
      if (packet.event !== '#publish') return;
      if (Number.parseInt(packet.data.data, 10) !== received) isOrdered = false;
      received++;
    });
    subscribe(webSocket, channel);
    await confirmed;
  },
  async stall({ port, channel, count }: { port: number; channel: string; count: number }) {
    for (let i = 0; i < count; i++) {
      const webSocket = await connect(port, (packet) => {
        if (packet.rid === 2) webSocket.pause();
      });
      subscribe(webSocket, channel);
      await until(() => webSocket.isPaused);
    }
  },
  async received({ count }: { count: number }) {
    await until(() => received >= count);
    return { count: received, isOrdered };
  },
  async measureCalls({ port, count, seconds }: { port: number; count: number; seconds: number }) {
    const times: number[] = [];
    const endMs = performance.now() + seconds * 1_000;
    await Promise.all([...Array(count)].map(() => callRepeatedly(port, endMs, times)));
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(times.length * share)]!;
    return { calls: times.length, p50Ms: at(0.5), p99Ms: at(0.99) };
  },
  async flood({ port, count }: { port: number; count: number }) {
    const webSocket = await connect(port, () => {});
    // The others' latency is to tell of the server, not of this process on their core.
    setPriority(constants.priority.PRIORITY_LOW);
    const data = 'x'.repeat(200);
    for (let i = 0; i < count; i++) {
      webSocket.send(JSON.stringify({ event: 'flood', data }));
      if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return count;
  },
  async idle({ port, count }: { port: number; count: number }) {
    setPriority(constants.priority.PRIORITY_LOW);
    let upgraded = 0;
    const open = () =>
      new Promise<void>((resolve, reject) => {
        const socket = connectTcp(port, '127.0.0.1');
        kept.push(socket);
        socket.on('error', reject);
        socket.once('data', () => {
          upgraded++;
          resolve();
        });
        socket.write(UPGRADE);
      });
    for (let i = 0; i < count; i += 200) await Promise.all([...Array(200)].map(open));
    return upgraded;
  },
  async connect({ port }: { port: number }) {
    const startMs = performance.now();
    await connect(port, () => {});
    return performance.now() - startMs;
  },
});
