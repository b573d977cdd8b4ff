import { onCleanup } from '@asyngular/test-utils/cleanup';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { expect, it, vi } from 'vitest';
import { restartDelayMs } from '../src/primary/restart-delay.js';
import type { FakeChild } from './support/fake-child.js';
import { startFake } from './support/fake-fleet.js';

/** The id of the question that a worker was asked last. */
function questionTo({ sent }: FakeChild): number {
  const question = sent.findLast(({ type }) => type === 'question');
  if (question?.type !== 'question') throw new Error('The worker was asked nothing');
  return question.id;
}

it('a worker that fails again and again comes back ever later, and each time it is said why', async () => {
  const { children, lines, newest } = await startFake();
  stopTime();
  const delays: number[] = [];
  for (let failures = 1; failures <= 12; failures++) {
    const before = children.length;
    newest().say({ type: 'thrown', error: 'Error: no database', code: undefined });
    newest().end({ code: 1, signal: null });
    let waitedMs = 0;
    for (; children.length === before; waitedMs += 100) await pass(100);
    delays.push(waitedMs);
  }
  expect(delays).toEqual([
    100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000,
  ]);
  expect(lines).toHaveLength(12);
  expect(lines[3]).toBe(
    'asyngular: worker 4 (pid 1004) has ended, because it threw Error: no database; another one starts in 800 ms',
  );
});

it('a worker comes back though the logger cannot write that it has ended', async () => {
  const lines: string[] = [];
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  onCleanup(() => stderr.mockRestore());
  const broken = () => {
    throw new Error('no room');
  };
  const logger = { debug: broken, info: broken, warn: broken, error: broken };
  const { children, newest } = await startFake({ logger });
  stopTime();
  newest().end({ code: 1, signal: null });
  await pass(100);
  expect(children).toHaveLength(2);
  expect(lines).toEqual([expect.stringMatching(/worker 1 .* has ended, .*no room\)\n$/)]);
});

it('a worker that was well for a minute comes back at once', async () => {
  const { children, newest } = await startFake();
  stopTime();
  for (let failures = 1; failures <= 5; failures++) {
    newest().end({ code: 1, signal: null });
    await pass(2_000);
  }
  expect(children).toHaveLength(6);
  newest().ready();
  await pass(60_000);
  newest().end({ code: 1, signal: null });
  await pass(100);
  expect(children).toHaveLength(7);
});

it('workers that fail together come back one by one', () => {
  const delays = { restartDelay: 100, maxRestartDelay: 30_000 };
  expect(restartDelayMs(3, delays, () => 0)).toBe(400);
  expect(restartDelayMs(3, delays, () => 0.5)).toBe(300);
  expect(restartDelayMs(3, delays, () => 0.999)).toBe(200);
  expect(restartDelayMs(2_000, delays, () => 0)).toBe(30_000);
});

it('a worker that does not take clients in time is replaced', async () => {
  const { children, lines, newest } = await startFake({ readyTimeout: 5_000 });
  stopTime();
  newest().end({ code: 1, signal: null });
  await pass(100);
  expect(children).toHaveLength(2);
  await pass(5_000);
  // It has a second to say what it waits for, and is blocked.
  await pass(1_000);
  expect(children[1]!.isAlive).toBe(false);
  expect(lines.at(-1)).toContain(
    'it was not ready within 5000 ms and waited for its event loop, which is blocked',
  );
});

it('a worker whose file makes no server is ended, and it is said what it waits for', async () => {
  const { children, lines, newest } = await startFake({ readyTimeout: 5_000 });
  stopTime();
  newest().end({ code: 1, signal: null });
  await pass(5_100);
  newest().say({ type: 'answer', id: questionTo(newest()), answer: [] });
  await pass();
  expect(children[1]!.isAlive).toBe(false);
  expect(lines.at(-1)).toContain('waited for its file to make a server; see readyTimeout');
});

it('a worker that waits for its broker is left to wait, and says so', async () => {
  const { children, lines, newest, fleet } = await startFake({ readyTimeout: 5_000 });
  stopTime();
  newest().end({ code: 1, signal: null });
  await pass(100);
  await pass(5_000);
  const server = {
    isReady: false,
    status: 'starting',
    broker: { name: 'nats', status: 'connecting' },
  };
  newest().say({ type: 'answer', id: questionTo(newest()), answer: [server] });
  await pass();
  expect(children).toHaveLength(2);
  expect(newest().isAlive).toBe(true);
  expect(lines.at(-1)).toBe(
    'asyngular: Worker 2 (pid 1002) is not ready, because it waits for the broker nats, which is connecting; it goes on waiting',
  );
  // A restart that cannot show that the new version works changes nothing.
  newest().ready();
  const restart = fleet.restart();
  await pass(5_000);
  newest().say({ type: 'answer', id: questionTo(newest()), answer: [server] });
  await pass();
  expect(await restart).toEqual({
    isComplete: false,
    replaced: 0,
    reason: 'it could not reach its broker',
  });
  expect(children.map(({ isAlive }) => isAlive)).toEqual([false, true, false]);
});

it('a worker that does not leave in time is ended', async () => {
  const { fleet, lines, newest } = await startFake({ drainTimeout: 10_000 });
  stopTime();
  const closed = fleet.close();
  await pass(14_900);
  expect(newest().isAlive).toBe(true);
  await pass(100);
  await closed;
  expect(lines.at(-1)).toContain(
    'it was still there 15000 ms after it was asked to leave; see drainTimeout',
  );
});

it('a restart takes the place of a worker that is about to come back', async () => {
  const { children, fleet, newest } = await startFake({ restartDelay: 5_000 });
  stopTime();
  newest().end({ code: 1, signal: null });
  const restart = fleet.restart();
  expect(children).toHaveLength(2);
  await pass(5_000);
  newest().ready();
  expect(await restart).toMatchObject({ isComplete: true, replaced: 1 });
  await pass(60_000);
  expect(children).toHaveLength(2);
  expect(newest().isAlive).toBe(true);
});

it('a worker that leaves by itself during a restart leaves no place empty, and none twice', async () => {
  const { children, fleet, newest } = await startFake();
  stopTime();
  newest().say({ type: 'leaving' });
  expect(children).toHaveLength(2);
  const restart = fleet.restart();
  expect(children).toHaveLength(3);
  children[0]!.end({ code: 0, signal: null });
  newest().ready();
  await restart;
  await pass(60_000);
  expect(children.map(({ isAlive }) => isAlive)).toEqual([false, false, true]);
});
