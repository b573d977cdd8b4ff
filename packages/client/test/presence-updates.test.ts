import { beforeEach, describe, expect, it } from 'vitest';
import { pass, useVirtualTime } from './support/harness.js';
import { failures, said, withPresence } from './support/presence.js';

// Changes of the own state: docs/protocol.md P15.

beforeEach(useVirtualTime);

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

  it('are a failure on a client that is not a member', async () => {
    const harness = await withPresence();
    const failed = failures(harness);
    harness.socket.channel('c').presence.update({ a: 1 });
    harness.socket.subscribe('c').presence.update({ a: 1 });
    await pass();
    expect(failed).toHaveLength(2);
    expect(failed[0]).toContain('this client is not a member of c; call enter(state) first');
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
