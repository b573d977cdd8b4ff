import type { LogPage, LogPosition, ReadOptions } from '@asyngular/broker';
import { describe, expect, it } from 'vitest';
import type { ChannelHost } from '../src/recovery/channel-host.js';
import { LogReader } from '../src/recovery/log-reader.js';

const at = (offset: number): LogPosition => ({ epoch: 'e', offset, tag: offset });

/** A reader whose log answers when the test says so: each time with the one entry behind what was asked for. */
function startReader() {
  const asked: { offset: number; answer(): Promise<void> }[] = [];
  const host = {
    counters: { reads: 0 },
    wrap: ({ position }: { position: LogPosition }) => ({ position, bytes: 1 }),
    after: () => {},
    read: ({ after }: ReadOptions) =>
      new Promise<LogPage>((resolve) => {
        const { offset } = after!;
        const entries = [{ position: at(offset + 1), payload: 'x' }];
        const answer = async (): Promise<void> => {
          resolve({ entries, top: at(10_000), reached: true, hasMore: true });
          await new Promise(setImmediate);
        };
        asked.push({ offset, answer });
      }),
  } as unknown as ChannelHost;
  return { reader: new LogReader(host), asked };
}

describe('a reader of a log', () => {
  it('reads from the oldest position first', async () => {
    const { reader, asked } = startReader();
    for (const offset of [900, 700, 300, 500]) reader.read(at(offset), () => {});
    for (let index = 0; index < 4; index++) await asked[index]!.answer();
    expect(asked.map(({ offset }) => offset)).toEqual([900, 300, 500, 700]);
  });

  it('gets to everybody, however many come with older positions', async () => {
    const { reader, asked } = startReader();
    reader.read(at(0), () => {});
    let isAnswered = false;
    reader.read(at(5_000), () => {
      isAnswered = true;
    });
    for (let round = 0; round < 10; round++) {
      reader.read(at(10 * round + 10), () => {});
      await asked[round]!.answer();
    }
    expect(isAnswered).toBe(true);
  });

  it('does not ask for what was taken back', async () => {
    const { reader, asked } = startReader();
    const taken: number[] = [];
    reader.read(at(0), () => taken.push(0));
    const takeBack = reader.read(at(100), () => taken.push(100));
    reader.read(at(200), () => taken.push(200));
    const takeBackOne = reader.read(at(200), () => taken.push(201));
    takeBack();
    takeBackOne();
    for (let index = 0; index < 2; index++) await asked[index]!.answer();
    expect(asked.map(({ offset }) => offset)).toEqual([0, 200]);
    expect(taken).toEqual([0, 200]);
  });

  it('goes on with what came meanwhile when the rest of its round was taken back', async () => {
    const { reader, asked } = startReader();
    reader.read(at(0), () => {});
    reader.read(at(100), () => {});
    const takeBack = reader.read(at(200), () => {});
    await asked[0]!.answer();
    // Those who wait for 200 leave while 100 is being read, and the feed of the channel asks for 300.
    takeBack();
    reader.read(at(300), () => {});
    await asked[1]!.answer();
    expect(asked.map(({ offset }) => offset)).toEqual([0, 100, 300]);
  });
});
