import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { clientFrame } from '@asyngular/test-utils/frame-client';
import { expect, it } from 'vitest';
import { FrameReader, type FrameSink } from '../src/engine/frame-reader.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function heldMiB(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

function readerOf(texts: string[]): FrameReader {
  const sink: Partial<FrameSink> = {
    onText: (text) => texts.push(text),
    onViolation(error) {
      throw error;
    },
  };
  return new FrameReader(sink as FrameSink, {
    maxPayload: 1_048_576,
    maxFragments: 0,
    maxBufferedChunks: 262_144,
    skipUTF8Validation: false,
  });
}

it.each([1, 2, 3, 127, 128, 129, 1_000])('reads frames that come %i bytes at a time', (step) => {
  const texts: string[] = [];
  const reader = readerOf(texts);
  const sent = [0, 5, 127, 300, 70_000].map((length) => 'abcdefghij'.repeat(length / 10));
  const bytes = Buffer.concat(sent.map((text) => clientFrame(0x81, text)));
  for (let at = 0; at < bytes.length; at += step) reader.read(bytes.subarray(at, at + step));
  expect(texts).toEqual(sent);
});

it('keeps little more of an unfinished frame than its bytes', () => {
  const reader = readerOf([]);
  const bytes = clientFrame(0x81, 'x'.repeat(1_000_000));
  const before = heldMiB();
  // As a socket delivers them: each with memory of its own.
  for (let at = 0; at < 200_000; at++)
    reader.read(Buffer.from(new Uint8Array([bytes[at]!]).buffer));
  expect(heldMiB() - before).toBeLessThan(8);
  expect(reader.isStopped).toBe(false);
});
