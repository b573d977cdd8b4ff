import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { startMemoryNodes } from './support/memory-nodes.js';

/** What each may take, of 128 bytes, with its id. */
const GOAL_BYTES = 400;
const CHANNELS = 300;
const PUBLICATIONS = 100;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function flat(...parts: string[]): string {
  return Buffer.from(parts.join(''), 'latin1').toString('latin1');
}

it(`a kept publication of 128 bytes takes at most ${GOAL_BYTES} bytes, its id included`, () => {
  const [node] = startMemoryNodes(1);
  node!.append('warm', 'up', 'id');
  const before = usedBytes();
  for (let index = 0; index < PUBLICATIONS; index++) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      // Flat strings, as they come out of frames, rather than ropes.
      const payload = flat(
        `{"channel":${channel},"index":${index},"text":"`.padEnd(126, 'x'),
        '"}',
      );
      node!.append(`room ${channel}`, payload, flat('kq3Fz81mTw', `:${channel}:${index}`));
    }
  }
  const each = (usedBytes() - before) / (CHANNELS * PUBLICATIONS);
  expect(node!.log.stats().publications).toBe(CHANNELS * PUBLICATIONS + 1);
  expect(each).toBeLessThan(GOAL_BYTES);
});
