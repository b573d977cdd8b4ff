import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, expect, it, vi } from 'vitest';
import { pass, start, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

/** A small generator with a seed that a failure can name (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** What the process keeps open beyond `before`; the test runner may have let go of something. */
function resourcesBeyond(before: readonly string[]): string[] {
  const known = [...before];
  return process.getActiveResourcesInfo().filter((kind) => {
    const index = known.indexOf(kind);
    return index === -1 || known.splice(index, 1).length === 0;
  });
}

const CYCLES = 1_000;
/** A leak grows in every quarter, what the test runner does meanwhile only in some: the smallest counts. */
const HEAP_GROWTH_LIMIT_BYTES = 64 * 1024;

it(`settles every call and leaves nothing behind over ${CYCLES} random cycles`, async () => {
  const resourcesBefore = process.getActiveResourcesInfo();
  const seed = Number(process.env.SEED ?? 20_251_123);
  const random = randomFrom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const { socket, server, log, payloads } = start({
    platform: { random },
    pingTimeoutDisabled: true,
  });
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  let started = 0;
  let settled = 0;
  let transmitted = 0;
  let published = 0;
  void (async () => {
    for await (const _ of socket.channel('a')) {
      published++;
    }
  })();

  // The records of the harness would hide a leak: they are counted and emptied now and then.
  const counts = new Map<string, number>();
  const messages: number[] = [];
  let lost = 0;
  const takeRecords = () => {
    for (const { name, payload } of payloads.splice(0)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      if (name === 'transmitDropped' && payload.event === 'message') {
        lost++;
      }
    }
    log.length = 0;
    for (const connection of server.connections) {
      connection.packets.length = 0;
      for (const frame of connection.frames.splice(0)) {
        for (const { event, data } of [JSON.parse(frame)].flat()) {
          if (event === 'message') {
            messages.push(data);
          }
        }
      }
    }
    server.connections.splice(0, server.connections.length - 1);
  };
  const heapUsed = async () => {
    takeRecords();
    // What finalizers hold goes with the next turns.
    for (let i = 0; i < 3; i++) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return process.memoryUsage().heapUsed;
  };

  const actions: (() => void)[] = [
    () => socket.connect(),
    () => socket.disconnect(pick([1000, 4000, 4100, 4500])),
    () => socket.reconnect(),
    () => server.connections.at(-1)?.drop(pick([1000, 1006, 1001, 4001, 4500])),
    () => {
      server.behaviour.connect = pick(['accept', 'accept', 'refuse', 'hang']);
    },
    () => {
      server.behaviour.invoke = pick<typeof server.behaviour.invoke>([
        (_event, data) => ({ data }),
        () => undefined,
        () => ({ error: 1 }),
      ]);
    },
    () => {
      server.behaviour.subscribe = pick([() => ({}), () => undefined, () => ({ error: 1 })]);
    },
    () => {
      server.behaviour.latencyMs = pick([0, 1, 30]);
    },
    () => {
      started++;
      const settle = () => settled++;
      socket
        .invoke('call', started, { ackTimeout: pick([5, 1_000, undefined]) })
        .then(settle, settle);
    },
    () => {
      transmitted++;
      void socket.transmit('message', transmitted);
    },
    () => socket.subscribe(pick(['a', 'b', 'c']), pick([undefined, { priority: 1 }])),
    () => socket.unsubscribe(pick(['a', 'b', 'c'])),
    () => void socket.transmitPublish('a', 1),
    () => pick([socket.startBatch, socket.flushBatch, socket.cancelBatch]).call(socket),
  ];
  /** Ends the connection and whatever still waits. */
  const endAll = async () => {
    server.behaviour.connect = 'accept';
    socket.flushBatch();
    socket.disconnect();
    await pass(60_000);
  };
  const heap: number[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    if (cycle > 0 && cycle % (CYCLES / 4) === 0) {
      await endAll();
      heap.push(await heapUsed());
    }
    for (let i = 0; i < 5; i++) {
      pick(actions)();
    }
    await pass(pick([0, 1, 10, 500, 5_000]));
    expect(payloads.length).toBe(log.length);
  }

  await endAll();
  expect({ seed, settled }).toEqual({ seed, settled: started });
  expect(socket.unsentCount).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  expect(unhandled).not.toHaveBeenCalled();
  process.off('unhandledRejection', unhandled);

  heap.push(await heapUsed());
  const growth = heap.slice(1).map((bytes, quarter) => bytes - (heap[quarter] as number));
  expect(Math.min(...growth), `growth by quarter: ${growth}`).toBeLessThan(HEAP_GROWTH_LIMIT_BYTES);
  expect(resourcesBeyond(resourcesBefore)).toEqual([]);

  // Every message either went out exactly once, in order, or was reported.
  expect(messages).toEqual([...new Set(messages)].sort((a, b) => a - b));
  expect(messages.length + lost).toBe(transmitted);
  expect(published).toBeGreaterThan(0);
  const count = (name: string) => counts.get(name) ?? 0;
  expect(count('transmitDropped')).toBeGreaterThan(0);
  expect(count('close')).toBe(count('disconnect') + count('connectAbort'));
  expect(count('connecting')).toBe(count('close'));
}, 60_000);
