import type { BrokerPayload } from '../broker.js';
import type { Appended, LogEntry, LogPage, LogPosition, ReadOptions } from '../log.js';
import { formatPosition } from '../position-text.js';
import { assert, assertEqual, type TestNode } from './test-fleet.js';

/** Larger than any page of these duties. */
export const PLENTY = { limit: 10_000, maxBytes: 100_000_000 };

/** Appends one after the other; the positions. */
export async function appendAll(
  node: TestNode,
  channel: string,
  payloads: readonly BrokerPayload[],
): Promise<LogPosition[]> {
  const positions: LogPosition[] = [];
  for (const payload of payloads) {
    const { position, duplicate } = await node.log.append(channel, payload);
    assert(!duplicate, `${String(payload)} without an id must not be called a duplicate`);
    positions.push(position);
  }
  return positions;
}

/** `0 … count-1` as text. */
export function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}

/** A page, checked for what holds of every page. */
export async function readPage(
  node: TestNode,
  channel: string,
  options: Partial<ReadOptions> = {},
): Promise<LogPage> {
  const page = await node.log.read(channel, { ...PLENTY, ...options });
  const { entries, top, reached } = page;
  assert(reached || entries.length === 0, 'a page that was not reached must be empty');
  let before = options.after?.offset ?? 0;
  for (const { position } of entries) {
    assertEqual(position.epoch, top.epoch, 'epoch of an entry');
    assert(position.offset > before, `offsets must grow: ${position.offset} after ${before}`);
    before = position.offset;
  }
  assert(before <= top.offset || entries.length === 0, 'the top must not be before the entries');
  return page;
}

/** Everything that follows a position, page by page. */
export async function readAfter(
  node: TestNode,
  channel: string,
  after: LogPosition,
  limit = 100,
): Promise<LogEntry[]> {
  const all: LogEntry[] = [];
  for (let from = after; ; ) {
    const page = await readPage(node, channel, { after: from, limit });
    assert(page.reached, `${formatPosition(from)} of ${JSON.stringify(channel)} must be reached`);
    all.push(...page.entries);
    if (!page.hasMore) return all;
    assert(page.entries.length > 0, 'a page with more behind it must not be empty');
    from = page.entries.at(-1)!.position;
  }
}

/** What entries hold, text as text. */
export function payloadsOf(entries: readonly LogEntry[]): BrokerPayload[] {
  return entries.map(({ payload }) => payload);
}

/** Where a log ends, asked for by `tops()`. */
export async function topOf(node: TestNode, channel: string): Promise<LogPosition> {
  const top = (await node.log.tops([channel])).get(channel);
  assert(top, `tops() must answer for ${JSON.stringify(channel)}`);
  return top;
}

/** Live entries of a channel in the order of their arrival, repeats left out. */
export function liveEntries(node: TestNode, channel: string): TestNode['entries'][0]['entry'][] {
  const seen = new Set<string>();
  return node.entries
    .filter((it) => it.channel === channel)
    .map(({ entry }) => entry)
    .filter(({ position }) => {
      const text = formatPosition(position);
      return !seen.has(text) && seen.add(text);
    });
}

/** `done` with the answer, or why not. */
export function outcome(call: unknown): Promise<string> {
  return Promise.resolve(call).then(
    () => 'done',
    (error: { code?: string; reason?: string }) => `${error.code} ${error.reason}`,
  );
}

/** The answers of appends that were not awaited one by one. */
export function settledAppends(appends: readonly (Appended | Promise<Appended>)[]) {
  return Promise.all(appends.map((it) => Promise.resolve(it)));
}
