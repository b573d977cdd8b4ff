import { startJetStream } from '@asyngular/test-utils/nats';
import type { Service } from '@asyngular/test-utils/service';
import { until } from '@asyngular/test-utils/wait';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { offsetOf } from '../src/log/places.js';
import { LogNode, newPrefix } from './support/log-node.js';

/** Publications expire after 6 s, twice the ttl; what a node knows can be built on for as long as the ttl. */
const short = { ttlMs: 3_000, idempotencyWindowMs: 0 };
const TIMEOUT_MS = 1_500;

let service: Service;

beforeAll(async () => {
  service = await startJetStream();
});
afterAll(() => service?.stop());

async function open(context: TestContext, name: string, prefix: string): Promise<LogNode> {
  const node = await LogNode.open(name, service.port, prefix, {}, TIMEOUT_MS);
  context.onTestFinished(() => node.close());
  return node;
}

/** Asks for ends again and again, as a server does, until the publications of a channel have expired. */
function expired(node: LogNode, channel: string, watched = channel): Promise<void> {
  return until(`the publications of ${channel} to expire`, async () => {
    await node.top(watched, short);
    return (await node.newest(channel, 1, undefined, 1_000, short)).texts.length === 0;
  });
}

/** Waits until something may have expired, so that an empty channel need not be at its beginning. */
function aged(node: LogNode): Promise<void> {
  return until('the stream to be old enough', async () => (await node.top('none', short)).tag > 0);
}

describe.concurrent('a channel whose publications have expired', { timeout: 120_000 }, () => {
  it('is where it was, for a node that kept an eye on it', async (context) => {
    const prefix = newPrefix();
    const [a, b] = [await open(context, 'a', prefix), await open(context, 'b', prefix)];
    await a.log.follow(['x']);
    await a.top('x', short);
    const { position } = await a.append('x', 'one', undefined, short);
    await until('the live entry', () => a.entries.length === 1);
    await expired(a, 'x');
    await a.append('y', 'of another channel', undefined, short);
    expect(await a.top('x', short)).toEqual(position);
    const nothing = { texts: [], reached: true, hasMore: false, top: position };
    expect(await a.after('x', position, 10, short)).toMatchObject(nothing);
    // What a node without that knowledge says of the same place means the same.
    expect(await a.after('x', await b.top('x', short), 10, short)).toMatchObject(nothing);

    const next = await a.append('x', 'two', undefined, short);
    await until('the next live entry', () => a.entries.length === 2);
    expect(a.entries[1]!.entry).toMatchObject({ previous: position.offset });
    expect(await a.after('x', position, 10, short)).toMatchObject({
      texts: ['two'],
      reached: true,
      top: next.position,
    });
  });

  it('may be anywhere, for a node that did not', async (context) => {
    const prefix = newPrefix();
    const [a, b] = [await open(context, 'a', prefix), await open(context, 'b', prefix)];
    const { position } = await a.append('x', 'one', undefined, short);
    await expired(a, 'x');
    expect(await b.after('x', position, 10, short)).toMatchObject({ texts: [], reached: false });
    await b.log.follow(['x']);
    await a.append('x', 'two', undefined, short);
    await until('the live entry', () => b.entries.length === 1);
    // Asked for its end before, b knows where the channel was silent; that is not where the first one stood.
    expect(await b.after('x', position, 10, short)).toMatchObject({ reached: false });
  });

  it('leaves nothing behind', async (context) => {
    const prefix = newPrefix();
    const a = await open(context, 'a', prefix);
    for (let index = 0; index < 100; index++) {
      await a.append(`room ${index}`, 'hello', `id ${index}`, short);
    }
    await until('the stream to be empty', async () => {
      const state = await a.streamState(prefix, 10);
      return state.messages === 0 && state.bytes === 0 && state.consumer_count === 0;
    });
  });
});

describe.concurrent('a channel without publications', { timeout: 120_000 }, () => {
  it('has a position from which to go on, for as long as the ttl', async (context) => {
    const prefix = newPrefix();
    const [a, b] = [await open(context, 'a', prefix), await open(context, 'b', prefix)];
    await a.append('y', 'of another channel', undefined, short);
    await aged(a);
    const mark = await a.top('x', short);
    expect(mark.offset).toBe(offsetOf(1));
    expect(await b.after('x', mark, 10, short)).toMatchObject({ texts: [], reached: true });
    await a.append('y', 'another', undefined, short);
    await a.append('x', 'one', undefined, short);
    expect(await b.after('x', mark, 10, short)).toMatchObject({ texts: ['one'], reached: true });
    await expired(b, 'x');
    expect(await b.after('x', mark, 10, short)).toMatchObject({ texts: [], reached: false });
  });

  it('does not move for a node that follows it', async (context) => {
    const a = await open(context, 'a', newPrefix());
    await a.log.follow(['x']);
    await aged(a);
    const mark = await a.top('x', short);
    await a.append('y', 'of another channel', undefined, short);
    await expired(a, 'y', 'x');
    expect(await a.top('x', short)).toEqual(mark);
    await a.append('x', 'one', undefined, short);
    await until('the live entry', () => a.entries.length === 1);
    expect(a.entries[0]!.entry.previous).toBe(mark.offset);
    expect(await a.after('x', mark, 10, short)).toMatchObject({ texts: ['one'], reached: true });
  });
});
