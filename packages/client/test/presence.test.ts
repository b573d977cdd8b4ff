import { collect } from '@asyngular/test-utils/collect';
import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientOptions, PresenceChange } from '../src/index.js';
import { FakeServer } from './support/fake-server.js';
import { connected, type Harness, outcome, pass, useVirtualTime } from './support/harness.js';

// What a client says and sees of presence: docs/protocol.md P15.

beforeEach(useVirtualTime);

const SECRET = 'abcdefghijklmnopqrstuv';

/** A client of a server that keeps presence, and answers requests about it with these data or errors. */
async function withPresence({
  answer = () => ({ data: { key: 'me' } }),
  ...options
}: ClientOptions & {
  answer?: (data: any) => { data?: any; error?: any } | undefined;
} = {}): Promise<Harness> {
  const server = new FakeServer();
  agree(server, true);
  server.behaviour.subscribe = ({ presence }) => ({
    data: presence && { presence: { key: 'me' } },
  });
  server.behaviour.invoke = (_event, data) => answer(data);
  return connected({ pingTimeoutDisabled: true, ...options }, server);
}

function agree(server: FakeServer, hasPresence: boolean): void {
  server.behaviour.handshake = () => ({
    data: {
      id: server.nextId(),
      pingTimeout: 20_000,
      isAuthenticated: false,
      ext: hasPresence ? { presence: { client: SECRET } } : {},
    },
  });
}

function say({ server }: Harness, data: object, channel = 'c'): void {
  server.last.emitMessage({ event: '#presence', data: { channel, ...data } });
}

function sync(harness: Harness, members: object[], more: object = {}): void {
  say(harness, { sync: true, page: 1, of: 1, members, ...more });
}

function member(key: string, state: unknown = {}): object {
  return { key, userId: key, state, at: 1_000 };
}

/** The data of all packets about presence that the last connection has sent, subscriptions included. */
function said({ server }: Harness): any[] {
  return [...server.received('#subscribe'), ...server.received('#presence')].map(
    ({ data: { channel: _channel, ...data } }) => data,
  );
}

async function reconnect({ server }: Harness): Promise<void> {
  server.last.drop(1006);
  await pass(3_000);
}

/** What a loop reads, in words. */
function words(change: PresenceChange): string {
  if (change.type === 'sync') return `sync ${[...change.members.keys()]} of ${change.count}`;
  return change.type === 'count' ? `count ${change.count}` : `${change.type} ${change.member.key}`;
}

/** The `presenceFail` events of the channel. */
function failures({ socket }: Harness): string[] {
  return collect(socket.channel('c').listener('presenceFail'), ({ error }) => String(error));
}

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

describe('being a member', () => {
  it('P15.4: enters with the subscription', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c', { presence: { status: 'online' } });
    expect([presence.state, presence.key]).toEqual([{ status: 'online' }, undefined]);
    await pass();
    expect(said(harness)).toEqual([{ presence: { state: { status: 'online' } } }]);
    expect(presence.key).toBe('me');
  });

  it('enters with null for undefined, which would not travel', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    await pass();
    await Promise.all([presence.enter(undefined), pass()]);
    expect([said(harness), presence.state]).toEqual([[{}, { enter: null }], null]);
  });

  it('P15.6: enters later, and resolves with the answer', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    await pass();
    const entered = within('the entry', presence.enter({ a: 1 }));
    expect(said(harness)).toEqual([{}]);
    await pass();
    await entered;
    expect(said(harness)).toEqual([{}, { enter: { a: 1 } }]);
    expect(presence.key).toBe('me');
  });

  it('enters with a subscription that is yet to be asked for', async () => {
    const harness = await withPresence();
    const { socket } = harness;
    socket.disconnect();
    const { presence } = socket.subscribe('c');
    const entered = within('the entry', presence.enter(1));
    socket.connect();
    await pass();
    await entered;
    expect(said(harness)).toEqual([{ presence: { state: 1 } }]);
  });

  it('rejects an entry without a subscription', async () => {
    const harness = await withPresence();
    const failed = failures(harness);
    const { error } = await outcome(harness.socket.channel('c').presence.enter(1));
    expect(String(error)).toBe('AbortError: The channel c has no subscription');
    await pass();
    expect(failed).toEqual([String(error)]);
  });

  it.each<[string, (harness: Harness) => void, string]>([
    ['unsubscribes', ({ socket }) => socket.unsubscribe('c'), 'The channel c has no subscription'],
    ['leaves', ({ socket }) => socket.channel('c').presence.leave(), 'The channel c was left'],
  ])('rejects the entry of who %s meanwhile', async (_what, end, message) => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    await pass();
    const entered = outcome(presence.enter(1));
    end(harness);
    expect((await within('the end of the entry', entered)).error.message).toBe(message);
    expect(presence.state).toBeUndefined();
  });

  it('rejects the entry with the refusal of the subscription', async () => {
    const harness = await withPresence();
    harness.server.behaviour.subscribe = () => ({ error: { name: 'NoEntry', message: 'no' } });
    const { presence } = harness.socket.subscribe('c');
    const entered = outcome(presence.enter(1));
    await pass();
    expect((await entered).error.name).toBe('NoEntry');
  });

  it('P15.7: keeps the state before when another one is refused', async () => {
    const harness = await withPresence({
      answer: ({ enter }) =>
        enter === 'bad' ? { error: { name: 'PresenceRefusedError', message: 'no' } } : { data: {} },
    });
    const failed = failures(harness);
    const { presence } = harness.socket.subscribe('c', { presence: 'good' });
    await pass();
    const refused = outcome(presence.enter('bad'));
    expect(presence.state).toBe('bad');
    await pass();
    expect((await refused).error.name).toBe('PresenceRefusedError');
    expect(presence.state).toBe('good');
    expect(failed).toEqual(['PresenceRefusedError: no']);
  });

  it('P15.5: is none when the server refuses it with the subscription, which stands', async () => {
    const harness = await withPresence();
    harness.server.behaviour.subscribe = () => ({
      data: { presence: { error: { name: 'PresenceRefusedError', message: 'no' } } },
    });
    const onSocket = collect(harness.socket.listener('presenceFail'), ({ channel }) => channel);
    const failed = failures(harness);
    const channel = harness.socket.subscribe('c', { presence: 1 });
    await pass();
    expect([channel.state, channel.presence.state]).toEqual(['subscribed', undefined]);
    expect([failed, onSocket]).toEqual([['PresenceRefusedError: no'], ['c']]);
    await reconnect(harness);
    expect(said(harness)).toEqual([{}]);
  });

  it('counts the last of several entries, and sends one at a time', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    await pass();
    const first = presence.enter(1);
    presence.update({ a: 1 });
    const last = presence.enter(3);
    expect(last).toBe(first);
    await pass();
    await within('the last entry', last);
    expect(said(harness)).toEqual([{}, { enter: 1 }, { enter: 3 }]);
  });

  it('does no harm when a refused entry is awaited by nobody', async () => {
    const harness = await withPresence({
      answer: () => ({ error: { name: 'No', message: 'no' } }),
    });
    const failed = failures(harness);
    harness.socket.subscribe('c').presence.enter(1);
    await pass();
    expect(failed).toEqual(['No: no']);
  });

  it('rejects an entry without an answer after ackTimeout, and asks again', async () => {
    const harness = await withPresence({ answer: () => undefined, ackTimeout: 1_000 });
    const { presence } = harness.socket.subscribe('c');
    await pass();
    const entered = outcome(presence.enter(1));
    await pass(1_100);
    const { error } = await within('the end of the entry', entered);
    expect([error.name, error.message]).toEqual([
      'TimeoutError',
      'No answer to the entry of c within 1000 ms; it is asked for further on',
    ]);
    harness.server.behaviour.invoke = () => ({ data: { key: 'me' } });
    await pass(3_100);
    expect(said(harness)).toEqual([{}, { enter: 1 }, { enter: 1 }, { enter: 1 }]);
    expect([presence.state, presence.key]).toEqual([1, 'me']);
  });

  it('P15.9: enters again after a reconnect, with its last state', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c', { presence: { a: 1, b: 1 } });
    await pass();
    presence.update({ b: 2 });
    await reconnect(harness);
    expect(said(harness)).toEqual([{ presence: { state: { a: 1, b: 2 } } }]);
    presence.leave();
    await reconnect(harness);
    expect(said(harness)).toEqual([{}]);
  });

  it('P15.9: waits for the answer over a reconnect', async () => {
    const harness = await withPresence({ answer: () => undefined });
    const { presence } = harness.socket.subscribe('c');
    await pass();
    const entered = presence.enter(1);
    await pass();
    await reconnect(harness);
    await within('the entry', entered);
    expect(said(harness)).toEqual([{ presence: { state: 1 } }]);
  });

  it('is not waited for when there will be no other connection', async () => {
    const harness = await withPresence({ answer: () => undefined });
    const { socket } = harness;
    const { presence } = socket.subscribe('c');
    await pass();
    const entered = outcome(presence.enter(1));
    socket.disconnect();
    const { error } = await within('the end of the entry', entered);
    expect([error.name, error.code]).toEqual(['BadConnectionError', 1000]);
    await pass();
    expect(vi.getTimerCount()).toBe(0);
    socket.connect();
    await pass();
    expect(said(harness)).toEqual([{ presence: { state: 1 } }]);
  });

  it('leaves no timer behind, however it was entered', async () => {
    const { socket } = await withPresence({ autoConnect: false });
    socket.disconnect();
    await pass();
    socket.subscribe('d', { presence: 1 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('P15.6: leaves, and watches on', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c', { presence: 1 });
    presence.leave();
    await pass();
    presence.leave();
    expect(said(harness)).toEqual([{ presence: { state: 1 } }, { leave: true }]);
    expect(presence.state).toBeUndefined();
  });

  it('keeps its state when the channel is subscribed to again without one', async () => {
    const harness = await withPresence();
    const { socket } = harness;
    const { presence } = socket.subscribe('c', { presence: 1 });
    await pass();
    socket.subscribe('c', { priority: 1 });
    expect(presence.state).toBe(1);
    socket.subscribe('c', { presence: 2 });
    await pass();
    expect(said(harness).slice(1)).toEqual([{ enter: 2 }]);
    expect(socket.channel('c').options).toEqual({ waitForAuth: false });
  });

  it('P15.15: learns of another key, and that it is no member any more', async () => {
    const harness = await withPresence();
    const failed = failures(harness);
    const { presence } = harness.socket.subscribe('c', { presence: 1 });
    await pass();
    say(harness, { key: 'ada' });
    expect([presence.key, presence.state]).toEqual(['ada', 1]);
    say(harness, { error: { name: 'PresenceRefusedError', message: 'out' } });
    await pass();
    expect([presence.state, failed]).toEqual([undefined, ['PresenceRefusedError: out']]);
  });
});

describe('updates', () => {
  it('P15.6: are merged at once, and sent at most every 50 ms, the last word winning', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c', { presence: { x: 0, y: 0 } });
    await pass();
    for (let x = 1; x <= 100; x++) {
      presence.update({ x });
      expect(presence.state).toEqual({ x, y: 0 });
      await pass(1);
    }
    await pass(60);
    expect(said(harness).slice(1)).toEqual([
      { update: { x: 1 } },
      { update: { x: 50 } },
      { update: { x: 100 } },
    ]);
  });

  it('replace what is no object', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c', { presence: 'away' });
    await pass();
    presence.update('online');
    await pass();
    presence.update({ a: 1, b: undefined });
    await pass();
    presence.update({ b: 2 });
    expect(presence.state).toEqual({ a: 1, b: 2 });
    await pass();
    expect(said(harness).slice(1)).toEqual([
      { enter: 'online' },
      { enter: { a: 1 } },
      { update: { b: 2 } },
    ]);
  });

  it('leave undefined members alone', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c', { presence: { a: 1 } });
    await pass();
    presence.update({ a: undefined, b: 2 });
    expect(presence.state).toEqual({ a: 1, b: 2 });
    await pass();
    expect(said(harness).slice(1)).toEqual([{ update: { b: 2 } }]);
  });

  it('of who is no member are a failure', async () => {
    const harness = await withPresence();
    const failed = failures(harness);
    harness.socket.channel('c').presence.update({ a: 1 });
    harness.socket.subscribe('c').presence.update({ a: 1 });
    await pass();
    expect(failed).toHaveLength(2);
    expect(failed[0]).toContain('this client is no member of c; enter(state) first');
    expect(said(harness)).toEqual([{}]);
  });

  it('P15.7: that are refused are a failure, and the state stays what it was', async () => {
    const refuse = ({ update }: any) =>
      update?.x > 1 ? { error: { name: 'PresenceRefusedError', message: 'no' } } : {};
    const harness = await withPresence({ answer: refuse });
    const failed = failures(harness);
    const { presence } = harness.socket.subscribe('c', { presence: { x: 0 } });
    await pass();
    presence.update({ x: 1 });
    await pass(200);
    presence.update({ x: 2 });
    expect(presence.state).toEqual({ x: 2 });
    await pass();
    expect([presence.state, failed]).toEqual([{ x: 1 }, ['PresenceRefusedError: no']]);
    await pass(100);
    presence.update({ x: 3 });
    presence.update({ y: 1 });
    await pass(200);
    expect([presence.state, failed.length]).toEqual([{ x: 3, y: 1 }, 2]);
  });

  it('ask for an answer when none of them was sent just before', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c', { presence: { x: 0 } });
    await pass();
    for (let x = 1; x <= 4; x++) {
      presence.update({ x });
      await pass(30);
    }
    await pass(200);
    presence.update({ x: 5 });
    await pass();
    const asked = harness.server
      .received('#presence')
      .map(({ data, cid }) => [data.update.x, cid !== undefined]);
    expect(asked).toEqual([
      [1, true],
      [2, false],
      [4, false],
      [5, true],
    ]);
  });

  it('are not sent again when the server does not answer', async () => {
    const harness = await withPresence({ answer: () => undefined, ackTimeout: 1_000 });
    const failed = failures(harness);
    const { presence } = harness.socket.subscribe('c', { presence: { x: 0 } });
    await pass();
    presence.update({ x: 1 });
    await pass(10_000);
    expect([said(harness).length, presence.state, failed]).toEqual([2, { x: 1 }, []]);
  });

  it('wait while the network takes nothing, and are one afterwards', async () => {
    const harness = await withPresence({ outboundHighWaterMark: 10, outboundLimit: 100 });
    const { presence } = harness.socket.subscribe('c', { presence: { n: 0 } });
    await pass();
    harness.server.last.bufferedAmount = 1_000;
    harness.socket.transmit('fill', 'x');
    for (let n = 1; n < 10; n++) {
      presence.update({ n });
      await pass(60);
    }
    expect(said(harness).slice(1)).toEqual([]);
    harness.server.last.bufferedAmount = 0;
    await pass(500);
    expect(said(harness).slice(1)).toEqual([{ update: { n: 9 } }]);
  });

  it('send nothing after the subscription has ended', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c', { presence: { n: 0 } });
    await pass();
    presence.update({ n: 1 });
    presence.update({ n: 2 });
    harness.socket.unsubscribe('c');
    await pass(200);
    expect(said(harness).slice(1)).toEqual([{ update: { n: 1 } }]);
  });

  it('keep the state as it was given where the options ask for a clone', async () => {
    const harness = await withPresence({ cloneData: true });
    const state = { at: { x: 1 } };
    const { presence } = harness.socket.subscribe('c', { presence: state });
    state.at.x = 2;
    await pass();
    expect(said(harness)).toEqual([{ presence: { state: { at: { x: 1 } } } }]);
    const part = { at: { x: 3 } };
    presence.update(part);
    part.at.x = 4;
    expect(presence.state).toEqual({ at: { x: 3 } });
  });
});

describe('the client of a connection', () => {
  it('P15.2: gives back the secret, and names the connection before', async () => {
    const harness = await withPresence();
    const offers = () => harness.server.received('#handshake').map(({ data }) => data.ext.presence);
    expect(offers()).toEqual([{}]);
    const { id } = harness.socket;
    await reconnect(harness);
    expect(offers()).toEqual([{ client: SECRET, was: id }]);
    agree(harness.server, false);
    const second = harness.socket.id;
    await reconnect(harness);
    expect(offers()).toEqual([{ client: SECRET, was: second }]);
    const third = harness.socket.id;
    await reconnect(harness);
    expect(offers()).toEqual([{ client: SECRET, was: third }]);
    expect(JSON.stringify(harness.socket)).not.toContain(SECRET);
  });
});

describe('without presence', () => {
  it('P15.1: says nothing to a server that does not know it, and why nobody is there', async () => {
    const server = new FakeServer();
    agree(server, false);
    const harness = await connected({ pingTimeoutDisabled: true }, server);
    const failed = failures(harness);
    const { presence } = harness.socket.subscribe('c', { presence: { a: 1 } });
    const entered = outcome(presence.enter({ a: 2 }));
    expect(presence.members.size).toBe(0);
    await pass();
    presence.update({ a: 3 });
    presence.leave();
    await pass();
    expect(said(harness)).toEqual([{}]);
    expect((await entered).error.name).toBe('InvalidActionError');
    expect(failed).toEqual([
      'InvalidActionError: The server keeps no presence for c; its option "channels" makes it do so',
    ]);
  });

  it('enters and watches where the next server knows it', async () => {
    const server = new FakeServer();
    agree(server, false);
    const harness = await connected({ pingTimeoutDisabled: true }, server);
    const { presence } = harness.socket.subscribe('c', { presence: 1 });
    expect(presence.count).toBe(0);
    await pass();
    agree(server, true);
    await reconnect(harness);
    expect(said(harness)).toEqual([{ presence: { state: 1, watch: true } }]);
  });

  it('shows nobody any more on a server that does not know it', async () => {
    const harness = await withPresence();
    const { presence } = harness.socket.subscribe('c');
    const seen = collect(presence.changes(), words);
    await pass();
    sync(harness, [member('ada')]);
    agree(harness.server, false);
    await reconnect(harness);
    expect(seen).toEqual(['sync ada of 1', 'sync  of 0']);
  });

  it('P15.7: learns that a channel has none', async () => {
    const harness = await withPresence({
      answer: () => ({ error: { name: 'InvalidActionError', message: 'none' } }),
    });
    const failed = failures(harness);
    const channel = harness.socket.subscribe('c');
    await pass();
    expect(channel.presence.count).toBe(0);
    await pass();
    expect([channel.state, failed]).toEqual(['subscribed', ['InvalidActionError: none']]);
  });

  it('P15.5: learns it with the subscription, too', async () => {
    const harness = await withPresence();
    harness.server.behaviour.subscribe = () => ({});
    const failed = failures(harness);
    const seen = collect(harness.socket.channel('c').presence.changes(), words);
    harness.socket.subscribe('c');
    await pass();
    expect([seen, failed]).toEqual([
      [],
      [
        'InvalidActionError: The server keeps no presence for c; its option "channels" makes it do so',
      ],
    ]);
  });

  it('is a line in the development log', async () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const server = new FakeServer();
    const logger = { debug: log, info: log, warn: log, error: log };
    const { socket } = await connected({ pingTimeoutDisabled: true, logger }, server);
    socket.subscribe('c', { presence: 1 });
    await pass();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("presence of 'c': InvalidActionError: The server keeps no presence");
  });
});
