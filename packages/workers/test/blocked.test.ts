import { pass, stopTime } from '@asyngular/test-utils/clock';
import { expect, it } from 'vitest';
import type { WorkersOptions } from '../src/index.js';
import { startFake } from './support/fake-fleet.js';

/** A fleet of one worker, whose questions come by the time of the test: it has followed one that ended. */
async function startWatched(options: WorkersOptions) {
  const { fleet, children, lines, newest } = await startFake(options);
  stopTime();
  newest().end({ code: 1, signal: null });
  await pass(100);
  newest().ready();
  lines.length = 0;
  return { fleet, children, lines, worker: newest() };
}

it('a worker whose event loop is blocked is announced, and then replaced', async () => {
  const { children, lines, worker } = await startWatched({ blockedTimeout: 60_000 });
  worker.block();
  await pass(39_000);
  expect(lines).toEqual([]);
  // Asked after 10 s, and again every 10 s.
  await pass(2_000);
  expect(lines).toEqual([
    'asyngular: Worker 2 (pid 1002) has not answered for 30000 ms, so its event loop is blocked; it is ended and replaced after 60000 ms, see blockedTimeout',
  ]);
  await pass(28_000);
  expect(worker.isAlive).toBe(true);
  await pass(2_000);
  expect(children.map(({ isAlive }) => isAlive)).toEqual([false, false, true]);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toBe(
    'asyngular: worker 2 (pid 1002) has ended, because its event loop was blocked for 60000 ms; see blockedTimeout; another one starts in 100 ms',
  );
});

it('a worker that answers now and then goes on', async () => {
  const { children, worker } = await startWatched({ blockedTimeout: 6_000 });
  for (let round = 0; round < 20; round++) {
    worker.block();
    await pass(5_900);
    worker.unblock();
    await pass(2_000);
  }
  expect(children).toHaveLength(2);
});

it('a worker that leaves has only the deadline of leaving', async () => {
  const { fleet, lines, worker } = await startWatched({
    blockedTimeout: 1_000,
    drainTimeout: 20_000,
  });
  worker.block();
  void fleet.close();
  await pass(24_000);
  expect(worker.isAlive).toBe(true);
  await pass(1_000);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('it was still there 25000 ms after it was asked to leave');
});

it('without a limit a blocked worker is left alone', async () => {
  const { children, worker } = await startWatched({ blockedTimeout: false });
  worker.block();
  await pass(3_600_000);
  expect(children).toHaveLength(2);
});
