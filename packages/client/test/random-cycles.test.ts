import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { pass, start, useVirtualTime } from './support/harness.js';

let restore: () => void;
beforeEach(() => {
  restore = useVirtualTime();
});
afterEach(() => restore());

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

const CYCLES = 1_000;

it(`settles every call and leaves nothing behind over ${CYCLES} random cycles`, async () => {
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
  const dropped = () => payloads.filter(({ name }) => name === 'transmitDropped').length;
  let transmitted = 0;
  let published = 0;
  void (async () => {
    for await (const _ of socket.channel('a')) {
      published++;
    }
  })();

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
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    for (let i = 0; i < 5; i++) {
      pick(actions)();
    }
    await pass(pick([0, 1, 10, 500, 5_000]));
    expect(payloads.length).toBe(log.length);
  }

  server.behaviour.connect = 'accept';
  socket.flushBatch();
  socket.disconnect();
  await pass(60_000);
  expect({ seed, settled }).toEqual({ seed, settled: started });
  expect(socket.unsentCount).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  expect(unhandled).not.toHaveBeenCalled();
  process.off('unhandledRejection', unhandled);

  // Every message either went out exactly once, in order, or was reported.
  const sent = server.connections.flatMap(({ frames }) =>
    frames.flatMap((frame) => [JSON.parse(frame)].flat()),
  );
  const messages = sent.filter(({ event }) => event === 'message').map(({ data }) => data);
  expect(messages).toEqual([...new Set(messages)].sort((a, b) => a - b));
  const lost = payloads.filter(
    ({ name, payload }) => name === 'transmitDropped' && payload.event === 'message',
  );
  expect(messages.length + lost.length).toBe(transmitted);
  expect(dropped()).toBeGreaterThan(0);
  expect(published).toBeGreaterThan(0);
  const count = (name: string) => log.filter((entry) => entry === name).length;
  expect(count('close')).toBe(count('disconnect') + count('connectAbort'));
  expect(count('connecting')).toBe(count('close'));
}, 60_000);
