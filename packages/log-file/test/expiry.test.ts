import { pass, stopTime } from '@asyngular/test-utils/clock';
import { pause, until } from '@asyngular/test-utils/wait';
import { ClassicLevel } from 'classic-level';
import { expect, it } from 'vitest';
import { fileLog } from '../src/index.js';
import { payloads, start, testFolder } from './support/start.js';

/** How many of each kind of record there are on the disk: channels, entries, ids. */
async function countRecords(directory: string): Promise<Record<string, number>> {
  const level = new ClassicLevel<Buffer, Buffer>(directory, { keyEncoding: 'buffer' });
  const counts: Record<string, number> = { m: 0, e: 0, i: 0 };
  for await (const key of level.keys()) counts[key.toString('latin1', 0, 1)]! += 1;
  await level.close();
  return counts;
}

/** Lets a log look for what has expired, and counts what is on the disk then. */
async function sweep(directory: string): Promise<Record<string, number>> {
  const node = await start(directory, { ttlMs: 60_000 });
  for (let round = 0; round < 3; round++) {
    await pass(10_000);
    // The disk does not know of stopped clocks.
    await pause(20);
  }
  await node.broker.close();
  return countRecords(directory);
}

it('deletes what has expired though nobody asks, and after a day all that is left of a channel', async () => {
  const directory = testFolder();
  const node = await start(directory, { ttlMs: 60_000 });
  const sent = Array.from({ length: 300 }, (_, index) => node.append(`room ${index}`, 'x', 'id'));
  const [first] = await Promise.all(sent);
  await node.broker.close();
  expect(await countRecords(directory)).toMatchObject({ m: 300, e: 300, i: 300 });

  stopTime();
  const eventually = async (what: string, expected: Record<string, number>) => {
    let counts = {};
    await until(
      what,
      async () => {
        counts = await sweep(directory);
        return JSON.stringify(counts).includes(JSON.stringify(expected).slice(1, -1));
      },
      () => counts,
    );
  };
  await pass(61_000);
  await eventually('the publications to go', { m: 300, e: 0 });
  await pass(120_000);
  await eventually('the ids to go', { m: 300, e: 0, i: 0 });
  const later = await start(directory, { ttlMs: 60_000 });
  expect(await later.read('room 0', first!.position)).toMatchObject({ reached: true, entries: [] });
  await later.broker.close();
  await pass(86_400_000);
  await eventually('the channels to go', { m: 0, e: 0, i: 0 });
});

it('does not forget a channel that is asked about, however quiet it is, over restarts', async () => {
  stopTime();
  const directory = testFolder();
  let top = {};
  for (let day = 0; day < 2; day++) {
    const node = await start(directory);
    for (let minute = 0; minute < 26 * 60; minute += 9) {
      const now = await node.top('quiet');
      expect(now).toEqual(day + minute === 0 ? now : top);
      top = now;
      await pass(540_000);
    }
    await node.broker.close();
    await sweep(directory);
  }
});

it('keeps the place of a channel in memory that expires, also over a restart', async () => {
  stopTime();
  const directory = testFolder();
  const node = await start(directory, { ttlMs: 60_000 });
  const one = await node.append('room', '1');
  const two = await node.append('room', '2');
  await pass(60_001);
  expect((await node.read('room', one.position)).reached).toBe(false);
  expect(await node.read('room', two.position)).toMatchObject({ reached: true, entries: [] });
  const three = await node.append('room', '3');
  expect(three.position).toMatchObject({ epoch: one.position.epoch, offset: 3 });
  await node.broker.close();

  const later = await start(directory, { ttlMs: 60_000 });
  expect((await later.read('room', one.position)).reached).toBe(false);
  expect(payloads(await later.read('room', two.position))).toEqual(['3']);
});

it('forgets an id after its window, also over a restart', async () => {
  stopTime();
  const directory = testFolder();
  const policy = { idempotencyWindowMs: 1_000 };
  const node = await start(directory, policy);
  const first = await node.append('room', '1', 'x');
  await pass(900);
  await node.broker.close();
  const later = await start(directory, policy);
  expect(await later.append('room', '1', 'x')).toEqual({ ...first, duplicate: true });
  await pass(200);
  expect(await later.append('room', '1', 'x')).toMatchObject({ duplicate: false });
});

it('reads from the disk what memory has no room for, each log with its own', async () => {
  const directory = testFolder();
  const node = await start(fileLog({ directory, maxCachedBytes: 10_000 }));
  const channels = Array.from({ length: 50 }, (_, index) => `room ${index}`);
  for (const round of ['1', '2']) {
    await Promise.all(channels.map((name) => node.append(name, `${name} ${round}`, `id ${round}`)));
  }
  expect(node.log.stats().channels).toBeLessThan(10);
  for (const name of channels) {
    expect(payloads(await node.read(name))).toEqual([`${name} 1`, `${name} 2`]);
    expect((await node.append(name, 'again', 'id 1')).duplicate).toBe(true);
  }
});
