import { collect } from '@asyngular/test-utils/collect';
import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Harness, outcome, pass, useVirtualTime } from './support/harness.js';
import { failures, reconnect, said, say, withPresence } from './support/presence.js';

// A client as a member of a channel: docs/protocol.md P15.

beforeEach(useVirtualTime);

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
      'No answer to the entry of c within 1000 ms; the client goes on asking',
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

  it('P15.15: learns of another key, and that it is not a member any more', async () => {
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

  it('P15.15: waits for the answer to what it said while it was taken out', async () => {
    const harness = await withPresence();
    const failed = failures(harness);
    const { presence } = harness.socket.subscribe('c', { presence: 1 });
    await pass();
    const entered = within('the entry', presence.enter(2));
    say(harness, { error: { name: 'PresenceRefusedError', message: 'out' } });
    expect(presence.state).toBe(2);
    await pass();
    await entered;
    expect([presence.state, failed]).toEqual([2, ['PresenceRefusedError: out']]);
  });

  it('P15.15: is not a member any more when that answer is a refusal', async () => {
    const harness = await withPresence({
      answer: () => ({ error: { name: 'PresenceRefusedError', message: 'no' } }),
    });
    const { presence } = harness.socket.subscribe('c', { presence: 1 });
    await pass();
    const entered = outcome(presence.enter(2));
    say(harness, { error: { name: 'PresenceRefusedError', message: 'out' } });
    await pass();
    expect((await within('the end of the entry', entered)).error.message).toBe('no');
    expect(presence.state).toBeUndefined();
  });

  it('P15.9: enters again when the server itself subscribes it on the next connection', async () => {
    const harness = await withPresence({ autoSubscribeOnConnect: false });
    const { socket, server } = harness;
    const { presence } = socket.subscribe('c', { presence: { a: 1 } });
    expect(presence.count).toBe(0);
    const join = async () => {
      server.last.emitMessage({ event: '#joined', data: { channel: 'c' } });
      await pass();
    };
    await join();
    await reconnect(harness);
    await join();
    expect(said(harness)).toEqual([{ watch: true }, { enter: { a: 1 } }]);
    expect([presence.state, presence.key]).toEqual([{ a: 1 }, 'me']);
  });
});
