import { onCleanup } from '@asyngular/test-utils/cleanup';
import { rejection, until } from '@asyngular/test-utils/wait';
import { ClassicLevel } from 'classic-level';
import { expect, it } from 'vitest';
import { Database, type Level } from '../src/database.js';
import { FileLog } from '../src/file-log.js';
import { type FileLogOptions, resolveFileLogOptions } from '../src/options.js';
import { payloads, type Started, start, testFolder } from './support/start.js';

/** LevelDB whose disk can be full: then writes fail, either with nothing written or with all of it. */
class FullDisk {
  state: 'room' | 'full' | 'full behind the write' = 'room';
  opened = 0;

  readonly create = (directory: string): Level => {
    const level = new ClassicLevel<Buffer, Buffer>(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    this.opened++;
    const write = level.batch.bind(level) as (...args: unknown[]) => Promise<void>;
    return Object.assign(level, {
      batch: async (...args: unknown[]) => {
        if (this.state !== 'full') await write(...args);
        if (this.state !== 'room') throw new Error('IO error: 000003.log: No space left on device');
      },
    });
  };

  readonly hasRoom = async (): Promise<boolean> => this.state === 'room';
}

async function startOn(
  disk: FullDisk,
  directory: string,
  given: Partial<FileLogOptions> = {},
): Promise<Started> {
  const options = resolveFileLogOptions({ directory, ...given });
  return start(new FileLog(options, new Database(directory, disk.create, disk.hasRoom)));
}

it.each(['full', 'full behind the write'] as const)(
  'on a disk that is %s publications are refused, nothing of them stays, and later ones go on',
  async (state) => {
    const disk = new FullDisk();
    const directory = testFolder();
    const node = await startOn(disk, directory);
    await node.log.follow('room');
    const { position } = await node.append('room', 'before');
    disk.state = state;
    const refused = ['1', '2', '3'].map((payload) =>
      rejection(node.append('room', payload, payload)),
    );
    for (const error of await Promise.all(refused)) {
      expect(error).toMatchObject({ code: 'ERR_BROKER_UNAVAILABLE', reason: 'refused' });
      expect(error.message).toMatch(
        /cannot be written: .*No space left .* Is there room on the disk/,
      );
    }
    // What is in the log can be read meanwhile.
    expect(await node.read('room', position)).toMatchObject({ reached: true, entries: [] });

    disk.state = 'room';
    let after: Awaited<ReturnType<Started['append']>> | undefined;
    await until('the disk to be tried again', async () => {
      after = await node.append('room', 'after', '1').catch(() => undefined);
      return after !== undefined;
    });
    expect(after).toMatchObject({ position: { offset: 2 }, duplicate: false });
    expect(disk.opened).toBe(2);
    expect(payloads(await node.read('room', position))).toEqual(['after']);
    expect(node.entries.map(({ payload }) => payload)).toEqual(['before', 'after']);
    await node.broker.close();

    const later = await start(directory);
    expect(await later.read('room', position)).toMatchObject({ top: after?.position });
    expect(payloads(await later.read('room'))).toEqual(['before', 'after']);
  },
);

it('on a full disk logs can be read that are in no memory, also after it was tried again', async () => {
  const disk = new FullDisk();
  // Room for the log that is used and no other.
  const node = await startOn(disk, testFolder(), { maxCachedBytes: 1 });
  for (const channel of ['a', 'b']) await node.append(channel, `of ${channel}`);
  disk.state = 'full';
  await rejection(node.append('a', 'x'));
  for (const channel of ['a', 'b', 'a']) {
    expect(payloads(await node.read(channel))).toEqual([`of ${channel}`]);
  }
  expect(disk.opened).toBe(1);
  disk.state = 'room';
  await until('the disk to be tried again', () =>
    node.append('b', 'after').then(
      () => true,
      () => false,
    ),
  );
  expect(disk.opened).toBe(2);
  expect(payloads(await node.read('b'))).toEqual(['of b', 'after']);
});

it('while the disk is full, it is tried once a second and not by every publication', async () => {
  const disk = new FullDisk();
  const node = await startOn(disk, testFolder());
  disk.state = 'full';
  for (let index = 0; index < 50; index++) await rejection(node.append('room', 'x'));
  expect(disk.opened).toBeLessThan(10);
});

it('refuses publications that the disk is too slow for', async () => {
  let isHeld = true;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const directory = testFolder();
  const options = resolveFileLogOptions({ directory, maxQueuedMessages: 3, maxQueuedBytes: 100 });
  const database = new Database(directory, (path) => {
    const level = new ClassicLevel<Buffer, Buffer>(path, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    const write = level.batch.bind(level) as (...args: unknown[]) => Promise<void>;
    return Object.assign(level, {
      batch: async (...args: unknown[]) => {
        if (!isHeld) await held;
        return write(...args);
      },
    });
  });
  const node = await start(new FileLog(options, database));
  onCleanup(release);
  await node.append('room', 'first');
  isHeld = false;
  const accepted = ['1', '2', '3'].map((payload) => node.append('room', payload));
  const error = await rejection(node.append('room', '4'));
  expect(error).toMatchObject({ reason: 'queue-full' });
  expect(error.message).toMatch(/3 publications \(3 bytes\) wait to be written/);
  release();
  await Promise.all(accepted);
  expect(await rejection(node.append('room', 'x'.repeat(101)))).toMatchObject({
    reason: 'queue-full',
  });
});
