import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryBroker } from '@asyngular/broker';
import { rejection } from '@asyngular/test-utils/wait';
import { ClassicLevel } from 'classic-level';
import { describe, expect, it } from 'vitest';
import { fileLog } from '../src/index.js';
import { createBroker, payloads, start, testFolder } from './support/start.js';

describe('a log in files', () => {
  it('survives a restart: publications, positions, ids, and where empty logs begin', async () => {
    const directory = testFolder();
    const first = await start(directory);
    const beginning = await first.top('empty');
    const one = await first.append('room', 'grüße ☃', 'order-17');
    const two = await first.append('room', Uint8Array.of(0, 255));
    await first.broker.close();

    const second = await start(directory);
    expect(await second.top('room')).toEqual(two.position);
    expect(await second.top('empty')).toEqual(beginning);
    expect(await second.append('room', 'again', 'order-17')).toEqual({ ...one, duplicate: true });
    expect(await second.read('room', one.position)).toMatchObject({
      reached: true,
      entries: [{ position: two.position, payload: Uint8Array.of(0, 255) }],
    });
    const three = await second.append('room', 'three');
    expect(three.position).toMatchObject({ epoch: one.position.epoch, offset: 3 });
    expect(payloads(await second.read('room', two.position))).toEqual(['three']);
    expect(payloads(await second.read('empty', beginning))).toEqual([]);
  });

  it('reaches after a restart what it reached before, trimmed positions included', async () => {
    const directory = testFolder();
    const first = await start(directory, { size: 3 });
    const positions = [await first.top('room')];
    for (let index = 1; index <= 8; index++) {
      positions.push((await first.append('room', String(index))).position);
    }
    const reached = async ({ read }: typeof first) => {
      const pages = await Promise.all(positions.map((position) => read('room', position)));
      return pages.map((page) => (page.reached ? payloads(page).join('') : 'no'));
    };
    const expected = ['no', 'no', 'no', 'no', 'no', '678', '78', '8', ''];
    expect(await reached(first)).toEqual(expected);
    await first.broker.close();
    expect(await reached(await start(directory, { size: 3 }))).toEqual(expected);
  });

  it('keeps more, or less, when the policy changes between two runs', async () => {
    const directory = testFolder();
    const first = await start(directory, { size: 4 });
    for (const payload of '12345678') await first.append('room', payload);
    await first.broker.close();
    const second = await start(directory, { size: 2 });
    expect(payloads(await second.read('room')).join('')).toBe('78');
    await second.broker.close();
    const third = await start(directory, { size: 10 });
    await third.append('room', '9');
    expect(payloads(await third.read('room')).join('')).toMatch(/789$/);
  });

  it('takes calls at once, which wait until the folder is open', async () => {
    const broker = createBroker(testFolder());
    const starting = broker.start();
    const other = broker.broker.publish('plain', 'x');
    const { position } = await broker.append('room', 'early');
    expect(await broker.read('room')).toMatchObject({ top: position });
    await Promise.all([starting, other]);
    expect(broker.broker.status).toBe('connected');
  });

  it('opens again for another broker when the last one has closed, and not before', async () => {
    const store = fileLog({ directory: testFolder() });
    const first = await start(store);
    await first.append('room', 'kept');
    const tooMany = createBroker(store);
    expect((await rejection(tooMany.start())).message).toMatch(
      /belongs to another broker; brokers that share it need one MemoryHub/,
    );
    expect(tooMany.broker.status).toBe('closed');
    await first.append('room', 'still');
    const closing = first.broker.close();
    const second = await start(store);
    await closing;
    expect(payloads(await second.read('room'))).toEqual(['kept', 'still']);
  });

  it('answers what was appended before it is closed', async () => {
    const directory = testFolder();
    const first = await start(directory);
    const sent = Array.from({ length: 100 }, (_, index) => first.append('room', String(index)));
    await first.broker.close();
    await Promise.all(sent);
    const second = await start(directory);
    expect(payloads(await second.read('room'))).toHaveLength(100);
  });

  it('says which option is wrong', () => {
    expect(() => fileLog({} as never)).toThrow(
      "The directory option of fileLog() is missing; name the folder of the log, such as './data'",
    );
    expect(() => fileLog({ directory: '' })).toThrow(/it must be a text that is not empty/);
    expect(() => fileLog({ directory: 'x', maxQueuedBytes: 0 })).toThrow(/maxQueuedBytes/);
    expect(() => memoryBroker({ log: {} as never })).toThrow(
      /is an object; it must be a store of logs, such as fileLog/,
    );
  });
});

describe('a folder that cannot be used', () => {
  const refusal = (directory: string) => rejection(createBroker(directory).start(), 'a refusal');

  it('because another process, or another log of this one, uses it', async () => {
    const directory = testFolder();
    await start(directory);
    const error = await refusal(directory);
    expect(error).toMatchObject({ code: 'ERR_BROKER_UNAVAILABLE', reason: 'refused' });
    expect(error.message).toMatch(/cannot be opened: another process, or another fileLog\(\)/);
  });

  it('because its files are damaged', async () => {
    const directory = testFolder();
    const first = await start(directory);
    await first.append('room', 'x');
    await first.broker.close();
    const manifest = readFileSync(join(directory, 'CURRENT'), 'utf8').trim();
    writeFileSync(join(directory, manifest), 'x'.repeat(100));
    expect((await refusal(directory)).message).toMatch(
      /its files are damaged .*; put back a copy of the folder, or move it away/,
    );
    rmSync(join(directory, manifest));
    expect((await refusal(directory)).message).toMatch(
      /cannot be opened: .*MANIFEST.*; is the folder whole, and may this process/,
    );
  });

  it('because it is a file', async () => {
    const path = join(testFolder(), 'file');
    writeFileSync(path, '');
    expect((await refusal(path)).message).toMatch(/cannot be opened: EEXIST/);
  });

  it('because a later version wrote it', async () => {
    const directory = testFolder();
    const level = new ClassicLevel(directory);
    await level.put('v', '2');
    await level.close();
    expect((await refusal(directory)).message).toMatch(
      /has the layout 2, this version reads 1; use the version that wrote it/,
    );
    // And it is free for that one.
    await level.open();
    await level.close();
  });
});
