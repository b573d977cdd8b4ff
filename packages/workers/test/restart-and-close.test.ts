import { onCleanup } from '@asyngular/test-utils/cleanup';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { resolveOptions } from '../src/options.js';
import { startFleet, WorkerFleet } from '../src/worker-fleet.js';
import { FakeChild } from './support/fake-child.js';

/** A fleet of two workers without processes, of which the first has been started and is not ready. */
async function beginTwo() {
  const children: FakeChild[] = [];
  const fork = () => {
    const child = new FakeChild(children.length + 1);
    children.push(child);
    return child;
  };
  const fleet = new WorkerFleet(resolveOptions({ workers: 2, logger: false }), fork);
  const started = startFleet(fleet);
  onCleanup(() => fleet.end());
  // The hub opens on a real socket before the first worker is started.
  await until('the first worker', () => children.length > 0);
  const living = () => children.filter(({ isAlive }) => isAlive).map(({ id }) => id);
  const bothReady = async () => {
    children[0]!.ready();
    await until('the second worker', () => children.length > 1);
    children[1]!.ready();
    await started;
  };
  return { fleet, bothReady, children, living };
}

/** The same when both are ready. */
async function startTwo() {
  const fleet = await beginTwo();
  await fleet.bothReady();
  return fleet;
}

it('nobody takes the place of a worker that leaves because all of them close', async () => {
  const { fleet, children, living } = await startTwo();
  const closed = fleet.close();
  for (const child of children) {
    await until('a worker to be asked to leave', () => child.sent.at(-1)?.type === 'leave');
    child.end({ code: 0, signal: null });
  }
  await closed;
  expect(living()).toEqual([]);
  expect(children).toHaveLength(2);
});

it('a restart that is under way when the workers close starts no more of them', async () => {
  const { fleet, children, living } = await startTwo();
  stopTime();
  const restart = fleet.restart();
  await pass();
  children[2]!.ready();
  await pass();
  const closed = fleet.close();
  // Both places have been asked to leave when the restart would go on to the second one.
  await pass(6_000);
  for (const child of children) child.end({ code: 0, signal: null });
  expect(await restart).toEqual({
    isComplete: false,
    replaced: 1,
    reason: 'the workers are closing',
  });
  await pass(10_000);
  await closed;
  expect(living()).toEqual([]);
  expect(children).toHaveLength(3);
});

it('a restart that is asked for while the workers start waits for them', async () => {
  const { fleet, bothReady, children, living } = await beginTwo();
  const restart = fleet.restart();
  await bothReady();
  for (const at of [0, 1]) {
    await until('a new worker', () => children.length > 2 + at);
    children[2 + at]!.ready();
    children[at]!.end({ code: 0, signal: null });
  }
  expect(await restart).toMatchObject({ isComplete: true, replaced: 2 });
  expect(living()).toEqual([3, 4]);
});
