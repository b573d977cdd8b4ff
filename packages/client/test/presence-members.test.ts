import { collect } from '@asyngular/test-utils/collect';
import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Harness, outcome, pass, useVirtualTime } from './support/harness.js';
import {
  failures,
  member,
  reconnect,
  said,
  say,
  sync,
  withPresence,
  words,
} from './support/presence.js';

// What a client sees of the members of a channel: docs/protocol.md P15.

beforeEach(useVirtualTime);

describe('watching', () => {
  it('P15.4: is asked for by those who look, and by nobody else', async () => {
    const harness = await withPresence();
    const { socket } = harness;
    socket.subscribe('plain');
    const { presence } = socket.subscribe('c');
    expect(presence.members.size).toBe(0);
    await pass();
    expect(said(harness)).toEqual([{}, {}, { watch: true }]);
  });

  it('P15.4: goes with the subscription when a loop waits for it', async () => {
    const harness = await withPresence();
    const seen = collect(harness.socket.channel('c').presence.changes(), words);
    harness.socket.subscribe('c');
    await pass();
    expect(said(harness)).toEqual([{ presence: { watch: true } }]);
    sync(harness, [member('ada')]);
    await pass();
    expect(seen).toEqual(['sync ada of 1']);
  });

  it('P15.9: ends with the subscription, unless a loop goes on', async () => {
    const harness = await withPresence();
    const { socket } = harness;
    const { presence } = socket.subscribe('c');
    expect(presence.count).toBe(0);
    await pass();
    sync(harness, [member('ada')]);
    expect(presence.count).toBe(1);
    socket.unsubscribe('c');
    expect([presence.count, presence.members.size]).toEqual([0, 0]);
    socket.subscribe('c');
    await pass();
    expect(said(harness)).toEqual([{}, {}, { watch: true }]);
  });

  it('is without members when nobody subscribes', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.channel('c');
    expect([presence.members.size, presence.count, presence.state, presence.key]).toEqual([
      0,
      0,
      undefined,
      undefined,
    ]);
    expect(presence.members).toBe(harness.socket.channel('d').presence.members);
    await pass();
    expect(said(harness)).toEqual([]);
  });

  it('P15.10: takes all pages before it shows anything', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    const seen = collect(presence.changes(), words);
    await pass();
    say(harness, { sync: true, page: 1, of: 3, members: [member('ada')] });
    say(harness, { sync: true, page: 2, of: 3, members: [member('bob')] });
    expect(presence.members.size).toBe(0);
    say(harness, { sync: true, page: 3, of: 3, members: [member('cy')] });
    await pass();
    expect(seen).toEqual(['sync ada,bob,cy of 3']);
    expect(presence.members.get('ada')).toEqual({
      key: 'ada',
      userId: 'ada',
      state: {},
      joinedAt: 1_000,
      connections: 1,
    });
  });

  it('P15.10: drops pages that do not follow one another', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    expect(presence.count).toBe(0);
    await pass();
    say(harness, { sync: true, page: 1, of: 3, members: [member('ada')] });
    say(harness, { sync: true, page: 3, of: 3, members: [member('cy')] });
    say(harness, { sync: true, page: 2, of: 2, members: [member('cy')] });
    say(harness, { sync: true, page: 3, of: 3, members: [member('cy')] });
    expect(presence.count).toBe(0);
    sync(harness, [member('dan')]);
    expect([...presence.members.keys()]).toEqual(['dan']);
  });

  it('P15.12: shows each change once, and a new map for each set of them', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    const seen = collect(presence.changes(), words);
    await pass();
    sync(harness, [member('ada', { status: 'online' }), member('bob')]);
    const before = presence.members;
    say(harness, {
      enter: [{ key: 'guest', state: null, at: 5, n: 2 }],
      update: [
        { key: 'ada', state: { status: 'typing' } },
        { key: 'stranger', n: 2 },
      ],
      leave: ['bob'],
      count: 2,
    });
    say(harness, { update: [{ key: 'ada', n: 3 }], count: 2 });
    await pass();
    expect(seen).toEqual([
      'sync ada,bob of 2',
      'leave bob',
      'update ada',
      'enter guest',
      'update ada',
    ]);
    expect([...before.keys()]).toEqual(['ada', 'bob']);
    expect(presence.members.get('ada')).toMatchObject({
      state: { status: 'typing' },
      connections: 3,
    });
    expect(presence.members.get('guest')).toEqual({
      key: 'guest',
      userId: undefined,
      state: null,
      joinedAt: 5,
      connections: 2,
    });
  });

  it('begins each loop with what is known then', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    const early = collect(presence.changes(), words);
    await pass();
    sync(harness, [member('ada')]);
    say(harness, { enter: [member('bob')] });
    const late = collect(presence.changes(), words);
    say(harness, { leave: ['ada'] });
    await pass();
    expect(early).toEqual(['sync ada of 1', 'enter bob', 'leave ada']);
    expect(late).toEqual(['sync ada,bob of 2', 'leave ada']);
  });

  it('bounds a loop as all streams are', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    const consumer = presence.changes().createConsumer({ highWaterMark: 2 });
    await pass();
    sync(harness, [member('ada')]);
    for (let n = 2; n < 6; n++) say(harness, { update: [{ key: 'ada', n }] });
    expect(words((await consumer.next()).value)).toBe('sync ada of 1');
    expect(words((await consumer.next()).value)).toBe('update ada');
    expect((await outcome(consumer.next())).error.name).toBe('BacklogLimitError');
  });

  it('P15.14: counts where nobody says who is there', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    const seen = collect(presence.changes(), words);
    await pass();
    say(harness, { count: 41 });
    say(harness, { count: 40 });
    await pass();
    expect(seen).toEqual(['sync  of 41', 'count 40']);
    expect([presence.count, presence.members.size]).toEqual([40, 0]);
    sync(harness, [member('ada')]);
    say(harness, { count: 5_001 });
    await pass();
    expect(seen.slice(2)).toEqual(['sync ada of 1', 'sync  of 5001']);
  });

  it('P15.13: removes nobody while members may be missing', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    const seen = collect(presence.changes(), words);
    await pass();
    sync(harness, [member('ada')]);
    sync(harness, [member('bob')], { partial: true });
    sync(harness, [member('bob')]);
    await pass();
    expect(seen).toEqual(['sync ada of 1', 'enter bob', 'leave ada']);
  });

  it('P15.9: shows the difference after a reconnect, and what was until then', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    const seen = collect(presence.changes(), words);
    await pass();
    sync(harness, [member('ada'), member('bob', 1), member('cy')]);
    await reconnect(harness);
    expect(said(harness)).toEqual([{ presence: { watch: true } }]);
    expect(presence.count).toBe(3);
    const { members } = presence;
    sync(harness, [member('ada'), member('bob', 1), member('cy')]);
    expect(presence.members).toBe(members);
    sync(harness, [member('ada'), member('bob', 2), member('dan')]);
    await pass();
    expect(seen).toEqual(['sync ada,bob,cy of 3', 'leave cy', 'update bob', 'enter dan']);
  });

  it('P15.9: is asked for anew when the server itself subscribes on the next connection', async () => {
    const harness = await withPresence({ autoSubscribeOnConnect: false });
    const { socket, server } = harness;
    server.behaviour.subscribe = () => undefined;
    const failed = failures(harness);
    const { presence } = socket.subscribe('c');
    expect(presence.count).toBe(0);
    socket.processPendingSubscriptions();
    await pass();
    expect(said(harness)).toEqual([{ presence: { watch: true } }]);
    await reconnect(harness);
    server.last.emitMessage({ event: '#joined', data: { channel: 'c' } });
    await pass();
    expect([said(harness), failed]).toEqual([[{ watch: true }], []]);
  });

  it.each<[string, (harness: Harness) => void]>([
    ['unsubscribe', ({ socket }) => socket.unsubscribe('c')],
    [
      'kick-out',
      ({ server }) => server.last.emitMessage({ event: '#kickOut', data: { channel: 'c' } }),
    ],
  ])('shows nobody after an %s, and everybody with the next subscription', async (_how, end) => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    const seen = collect(presence.changes(), words);
    await pass();
    sync(harness, [member('ada')]);
    end(harness);
    say(harness, { enter: [member('bob')] });
    await pass();
    expect(seen).toEqual(['sync ada of 1', 'sync  of 0']);
    harness.socket.subscribe('c');
    await pass();
    sync(harness, [member('ada')]);
    await pass();
    expect(seen.slice(2)).toEqual(['sync ada of 1']);
  });

  it('P15.16: ignores what it has not asked for', async () => {
    const harness = await withPresence();
    const { socket } = harness;
    socket.subscribe('c', { presence: 1 });
    await pass();
    sync(harness, [member('ada')]);
    say(harness, { sync: true, page: 1, of: 1, members: [member('ada')] }, 'd');
    expect(socket.channel('c').presence.members.size).toBe(0);
    sync(harness, [member('ada')]);
    expect(socket.channel('c').presence.members.size).toBe(1);
  });

  it('knows channels with a prefix by the name that the application uses', async () => {
    const harness = await withPresence({ channelPrefix: 'x/' });
    const { presence } = harness.socket.subscribe('c', { presence: 1 });
    expect(presence.count).toBe(0);
    await pass();
    presence.update(2);
    await pass();
    expect(harness.server.received('#presence').map(({ data }) => data.channel)).toEqual([
      'x/c',
      'x/c',
    ]);
    say(harness, { count: 2 }, 'x/c');
    expect(presence.count).toBe(2);
  });

  it('is closed and killed with the other loops of the channel', async () => {
    const harness = await withPresence();
    const { socket } = harness;
    const channel = socket.subscribe('c');
    const ends = () => channel.presence.changes().createConsumer().next();
    const [one, another, third] = [ends(), ends(), ends()];
    channel.close();
    expect((await within('the end of a loop', one)).done).toBe(true);
    expect((await within('the end of the second', another)).done).toBe(true);
    expect((await within('the end of the third', third)).done).toBe(true);
    const killed = ends();
    socket.killAllChannels();
    expect((await within('the end by kill', killed)).done).toBe(true);
  });
});
