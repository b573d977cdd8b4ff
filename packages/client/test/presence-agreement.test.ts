import { collect } from '@asyngular/test-utils/collect';
import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from './support/fake-server.js';
import { connected, outcome, pass, useVirtualTime } from './support/harness.js';
import {
  agree,
  failures,
  member,
  reconnect,
  SECRET,
  said,
  sync,
  withPresence,
  words,
} from './support/presence.js';

// What clients and servers agree on, and what happens without an agreement: docs/protocol.md P15.

beforeEach(useVirtualTime);

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

  it('P15.1: says so, too, when it is asked for after the subscription', async () => {
    const server = new FakeServer();
    agree(server, false);
    const harness = await connected({ pingTimeoutDisabled: true }, server);
    const failed = failures(harness);
    const { presence } = harness.socket.subscribe('c');
    await pass();
    const entered = outcome(presence.enter(1));
    await pass();
    const reason =
      'InvalidActionError: The server keeps no presence for c; its option "channels" makes it do so';
    expect(String((await within('the end of the entry', entered)).error)).toBe(reason);
    expect([presence.members.size, presence.members.size]).toEqual([0, 0]);
    await pass();
    expect(failed).toEqual([reason, reason]);
    harness.socket.subscribe('c', { presence: 2 });
    await pass();
    expect(failed).toHaveLength(3);
    expect(said(harness)).toEqual([{}]);
    agree(server, true);
    await reconnect(harness);
    expect(said(harness)).toEqual([{ presence: { state: 2, watch: true } }]);
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
