import { describe, expect, it } from 'vitest';
import type { AGServerOptions } from '../src/index.js';
import { openRecovering } from './support/recovery-client.js';
import { startServer, until } from './support/server.js';

const options: AGServerOptions = { channels: { 'log:*': { history: { size: 10 } } } };

/** A client that is subscribed to a log of the numbers from 1 to `count`. */
async function startWithLog(count: number, given: AGServerOptions = options, ext: object = {}) {
  const context = await startServer(given);
  const positions: string[] = [];
  for (let data = 1; data <= count; data++) {
    positions.push((await context.server.exchange.invokePublish('log:1', data))!.position);
  }
  const client = await openRecovering(context, ext);
  await client.request('#subscribe', { channel: 'log:1' });
  const history = (request: object = {}) =>
    client.request('#history', { channel: 'log:1', ...request });
  return { ...context, client, positions, history };
}

const dataIn = (answer: any) => answer.data.publications.map(({ data }: any) => data);

describe('#history', () => {
  it('P14.17 answers with the newest publications, the newest first', async () => {
    const { history, positions } = await startWithLog(3);
    const { data } = await history({ limit: 2 });
    expect(data).toEqual({
      publications: [
        { data: 3, position: positions[2] },
        { data: 2, position: positions[1] },
      ],
      position: positions[2],
      hasMore: true,
    });
  });

  it('P14.17 answers with all that there are', async () => {
    const { history, positions } = await startWithLog(12);
    const answer = await history();
    expect(dataIn(answer)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect(answer.data).toMatchObject({ position: positions[11], hasMore: false });
    expect(dataIn(await history({ limit: 1e9, order: 'oldest' }))).toEqual(
      [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].toReversed(),
    );
  });

  it('P14.17 answers with no more than 1,000 at a time', async () => {
    const { history } = await startWithLog(1_010, {
      channels: { 'log:*': { history: { size: 2_000 } } },
    });
    const answer = await history({ limit: 2_000 });
    expect(dataIn(answer)).toHaveLength(1_000);
    expect(answer.data).toMatchObject({ hasMore: true });
    const { position } = answer.data.publications.at(-1);
    const rest = await history({ limit: 2_000, before: position });
    expect(dataIn(rest)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(rest.data).toMatchObject({ hasMore: false });
  });

  it('P14.17 pages back from a position, and on from one', async () => {
    const { history, positions } = await startWithLog(6);
    const back = await history({ before: positions[4], limit: 2 });
    expect([dataIn(back), back.data.hasMore]).toEqual([[4, 3], true]);
    const further = await history({ before: back.data.publications[1].position, limit: 5 });
    expect([dataIn(further), further.data.hasMore]).toEqual([[2, 1], false]);
    const on = await history({ after: positions[1], limit: 2, order: 'oldest' });
    expect([dataIn(on), on.data.hasMore]).toEqual([[3, 4], true]);
    expect(dataIn(await history({ after: positions[3] }))).toEqual([6, 5]);
    expect(dataIn(await history({ after: positions[5] }))).toEqual([]);
  });

  it('P14.17 answers for an empty log', async () => {
    const { history } = await startWithLog(0);
    expect((await history()).data).toEqual({
      publications: [],
      position: expect.any(String),
      hasMore: false,
    });
  });

  it("P14.17 and P12.8 answers with no more than the client's maxPayload", async () => {
    const { client, history, server } = await startWithLog(0, options, {
      limits: { maxPayload: 2_000, maxBatchLength: 100 },
    });
    for (let data = 1; data <= 8; data++) {
      await server.exchange.invokePublish('log:1', `${data}${'x'.repeat(400)}`);
    }
    const texts: string[] = [];
    let before: string | undefined;
    for (;;) {
      const { data } = await history({ before });
      expect(JSON.stringify(client.received.at(-1)).length).toBeLessThanOrEqual(2_000);
      texts.push(...data.publications.map((publication: any) => publication.data[0]));
      if (!data.hasMore) break;
      before = data.publications.at(-1).position;
    }
    expect(texts.join('')).toBe('87654321');
  });

  it('P14.16 without a call id is ignored, and reported', async () => {
    const { client, history, warnings } = await startWithLog(1);
    client.transmit('#history', { channel: 'log:1' });
    await history();
    await until('the warning', () => warnings.length === 1);
    expect(warnings[0]!.message).toBe(
      'History request was malformatted: it has no cid, and must be a call',
    );
  });

  it('P14.18 is refused for channels that the socket is not subscribed to', async () => {
    const { client } = await startWithLog(1);
    const { error } = await client.request('#history', { channel: 'log:2' });
    expect(error.name).toBe('InvalidActionError');
    expect(error.message).toContain('and is not subscribed to it; subscribe first');
  });

  it('P14.18 is refused for channels without history', async () => {
    const { client } = await startWithLog(1);
    await client.request('#subscribe', { channel: 'plain' });
    const { error } = await client.request('#history', { channel: 'plain' });
    expect(error).toMatchObject({
      name: 'InvalidActionError',
      message: "The plain channel has no history; the server's option channels would give it one",
    });
  });

  it.each(['before', 'after'])('P14.18 is refused if %s cannot be reached', async (member) => {
    const { history } = await startWithLog(12);
    for (const position of ['nothing like it', 'other:5:0']) {
      const { error } = await history({ [member]: position });
      expect(error.name).toBe('UnrecoverablePositionError');
    }
  });

  it.each([
    { limit: 0 },
    { limit: '5' },
    { before: 5 },
    { order: 'up' },
    { before: 'k:1:0', after: 'k:1:0' },
    { channel: 5 },
  ])('P14.19 is refused with %j', async (members) => {
    const { history } = await startWithLog(1);
    expect((await history(members)).error).toMatchObject({
      name: 'InvalidActionError',
      message: expect.stringMatching(/^History request was malformatted: it takes .* and not both/),
    });
  });

  it('P14.19 is refused for a name that is too long', async () => {
    const { client } = await startWithLog(1);
    const { error } = await client.request('#history', { channel: 'x'.repeat(1_001) });
    expect(error.message).toContain('the maxNameLength option of the server allows 1000');
  });

  it('counts as a call where rates are limited', async () => {
    const { client, history } = await startWithLog(1, {
      ...options,
      rateLimits: { calls: { perSecond: 0.001, burst: 2 } },
    });
    await history();
    await history();
    client.send(client.call('#history', { channel: 'log:1' }));
    expect((await client.whenClosed()).code).toBe(1008);
  });
});

describe('the action history of inbound middleware', () => {
  it('is seen by functions that ask for it, with what the client asks for', async () => {
    const { server, history, positions } = await startWithLog(3);
    const seen: unknown[] = [];
    server.use(
      'inbound',
      (action) => {
        seen.push([action.type, action.channel, action.data]);
        action.block(new Error('not that far back'));
      },
      { actions: ['history'] },
    );
    const { error } = await history({ before: positions[2], limit: 1 });
    expect(error).toMatchObject({ message: 'not that far back' });
    expect(seen).toEqual([
      ['history', 'log:1', { limit: 1, before: positions[2], after: undefined, order: 'newest' }],
    ]);
  });

  it('passes those that do not know it, in either form', async () => {
    const { server, history } = await startWithLog(3);
    server.use('inbound', () => false);
    expect(dataIn(await history({ limit: 1 }))).toEqual([3]);
    server.removeMiddleware('inbound');
    server.setMiddleware('inbound', async (actions) => {
      for await (const action of actions) action.block();
    });
    expect(dataIn(await history({ limit: 1 }))).toEqual([3]);
  });
});
