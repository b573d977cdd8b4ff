import { setTimeout as sleep } from 'node:timers/promises';
import type { Dialect } from './dialects.js';
import { RawSocket } from './raw-socket.js';

/** What a scenario asks of the generator; which numbers it uses depends on the kind. */
export interface LoadParams {
  connections: number;
  inFlight?: number;
  channels?: number;
  subscribersPerChannel?: number;
  /** Connections opened, or channels filled, before the measurement (memory). */
  before?: number;
}

export interface LoadContext {
  dialect: Dialect;
  port: number;
  params: LoadParams;
  /** A signed token, valid for every server under test. */
  token: string;
}

/** Outcome of one run, checked to be exact before it is returned. */
export interface LoadResult {
  /** Units of work that the server did: deliveries, calls, messages, connections. */
  units: number;
  /** One-way messages that the server must have consumed (flood only). */
  sent?: number;
  /** How late messages left, ms (p99; only of those that had a time). */
  lateMs?: number | undefined;
}

/** One kind of load. `run` may be called several times after one `prepare`. */
export interface Load {
  prepare(): Promise<void>;
  /** With `rate`, where a load knows it: so many messages a second, whatever comes back. */
  run(durationMs: number, rate?: number): Promise<LoadResult>;
}

/** Opens `count` ready connections, 64 at a time. */
export async function openSockets(
  { dialect, port }: LoadContext,
  count: number,
  onOpen?: (socket: RawSocket, index: number) => Promise<void>,
): Promise<RawSocket[]> {
  const sockets: RawSocket[] = [];
  await concurrently(count, 64, async (index) => {
    const socket = await RawSocket.open(dialect, port);
    sockets[index] = socket;
    await onOpen?.(socket, index);
  });
  return sockets;
}

/** Runs `work` for 0 … count-1, at most `width` at once. */
export async function concurrently(
  count: number,
  width: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}

/**
 * Waits until `actual` has reached `expected`, a little longer for anything superfluous, and
 * throws unless the numbers are exactly equal.
 */
export async function settle(what: string, expected: number, actual: () => number): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (actual() < expected && performance.now() < deadline) await sleep(5);
  await sleep(30);
  if (actual() !== expected) {
    throw new Error(`Expected ${expected} ${what}, counted ${actual()}.`);
  }
}

/** Throws when a counted message had another length than the one seen when preparing. */
export function assertLengths(sockets: RawSocket[]): void {
  const unexpected = sockets.reduce((sum, socket) => sum + socket.unexpected, 0);
  if (unexpected > 0) throw new Error(`${unexpected} messages were not what was asked for.`);
}

/** Resolves after `durationMs`, or rejects at once when a callback threw. */
export function runFor(durationMs: number): Promise<void> {
  return sleep(durationMs);
}

/**
 * Sends `rate` messages a second, each at its time or as soon after it as this process gets there. Resolves with how
 * late they left, ms (p99).
 */
export async function sendPaced(
  durationMs: number,
  rate: number,
  send: (index: number) => void,
): Promise<number> {
  const late: number[] = [];
  const count = Math.floor((durationMs * rate) / 1_000);
  const startedAt = performance.now();
  for (let index = 0; index < count; index += 1) {
    const dueAt = startedAt + (index * 1_000) / rate;
    const early = dueAt - performance.now();
    if (early > 0) await sleep(early);
    send(index);
    late.push(performance.now() - dueAt);
  }
  late.sort((a, b) => a - b);
  return late[Math.floor(count * 0.99)] ?? 0;
}
