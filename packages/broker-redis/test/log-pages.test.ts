import type { LogPage, LogPosition, ReadOptions } from '@asyngular/broker';
import { startRedis } from '@asyngular/test-utils/redis';
import type { Service } from '@asyngular/test-utils/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogNode } from './support/log-node.js';

const COUNT = 60;
const payloads = Array.from({ length: COUNT }, (_, index) =>
  String(index).padEnd(3 + ((index * 37) % 211), '.'),
);

let service: Service;
let node: LogNode;
let positions: LogPosition[];

beforeAll(async () => {
  service = await startRedis();
  node = await LogNode.start({ url: `redis://127.0.0.1:${service.port}` });
  positions = [await node.top('x')];
  for (const payload of payloads) positions.push(await node.append('x', payload));
});
afterAll(async () => {
  await node?.broker.close();
  await service?.stop();
});

/** How many of the payloads, in the direction of reading, are a page. */
function pageLength(rest: readonly string[], limit: number, maxBytes: number): number {
  let bytes = 0;
  let count = 0;
  for (const { length } of rest.slice(0, limit)) {
    bytes += length;
    if (count > 0 && bytes > maxBytes) break;
    count++;
  }
  return count;
}

async function read(
  options: ReadOptions,
): Promise<Pick<LogPage, 'hasMore' | 'reached'> & { texts: unknown[] }> {
  const { entries, hasMore, reached } = await node.log.read('x', options);
  for (const { position, payload } of entries) {
    expect(position).toEqual(positions[payloads.indexOf(String(payload)) + 1]);
  }
  return { hasMore, reached, texts: entries.map(({ payload }) => payload) };
}

const limits = [1, 2, 15, 16, 17, 31, 100];
const bounds = [1, 150, 1_000, 1_700, 5_000, 1_000_000];

describe.each(limits)('pages of %s publications of a log on Redis', (limit) => {
  it.each(bounds)('and %s bytes have what fits, from every place', async (maxBytes) => {
    for (let at = 0; at <= COUNT; at += 3) {
      const [rest, past] = [payloads.slice(at), payloads.slice(0, at).reverse()];
      const forward = pageLength(rest, limit, maxBytes);
      expect(await read({ after: positions[at]!, limit, maxBytes }), `after ${at}`).toEqual({
        reached: true,
        hasMore: forward < rest.length,
        texts: rest.slice(0, forward),
      });
      const backward = pageLength(past, limit, maxBytes);
      const before = at < COUNT ? positions[at + 1] : undefined;
      expect(await read({ before, limit, maxBytes }), `before ${at + 1}`).toEqual({
        reached: true,
        hasMore: backward < past.length,
        texts: past.slice(0, backward).reverse(),
      });
    }
  });
});
