import { collect } from '@asyngular/test-utils/collect';
import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Harness, pass, useVirtualTime } from './support/harness.js';
import { agree, publish, reconnect, withHistory } from './support/recovery.js';

// What a client does with the positions of recoverable channels: docs/protocol.md P14.

beforeEach(useVirtualTime);

/** The data of the last request for the channel. */
function request({ server }: Harness): any {
  return server.received('#subscribe').at(-1)?.data;
}

describe('positions', () => {
  it('P14.1: are offered in the handshake, and asked for by nobody else', async () => {
    const harness = await withHistory();
    expect(harness.server.received('#handshake')[0].data.ext.recovery).toEqual({});
    harness.socket.subscribe('c');
    await pass();
    expect(request(harness)).toEqual({ channel: 'c' });
  });

  it('P14.6: begin with the answer', async () => {
    const { socket } = await withHistory();
    const channel = socket.subscribe('c');
    expect(channel.position).toBeNull();
    const subscribed = within('the event', channel.listener('subscribe').once());
    await pass();
    expect(channel.position).toBe('e:10:a');
    expect(await subscribed).not.toHaveProperty('recovered');
    socket.unsubscribe('c');
    expect(channel.position).toBeNull();
  });

  it('P14.8: move before the data reach the loops', async () => {
    const harness = await withHistory();
    const channel = harness.socket.subscribe('c');
    const seen = collect(channel, (data) => [data, channel.position]);
    const events = collect(channel.listener('publication'));
    await pass();
    publish(harness, 'x', '11:b');
    await pass();
    expect(seen).toEqual([['x', 'e:11:b']]);
    expect(events).toEqual([{ data: 'x', position: 'e:11:b', recovered: false }]);
  });

  it('P14.10: move without data when the server keeps publications back', async () => {
    const harness = await withHistory();
    const channel = harness.socket.subscribe('c');
    await pass();
    harness.server.last.emitMessage({ event: '#position', data: { channel: 'c', p: '14:d' } });
    harness.server.last.emitMessage({ event: '#position', data: { channel: 'd', p: '14:d' } });
    expect(channel.position).toBe('e:14:d');
  });

  it('P14.20: stay where they are when what the server sends is none', async () => {
    const harness = await withHistory();
    const channel = harness.socket.subscribe('c');
    await pass();
    for (const p of [null, 11, {}, [], true, '', 'x'.repeat(129)]) {
      harness.server.last.emitMessage({ event: '#publish', data: { channel: 'c', data: 1, p } });
      harness.server.last.emitMessage({ event: '#position', data: { channel: 'c', p } });
    }
    expect(channel.position).toBe('e:10:a');
  });

  it('P14.7: what comes before the answer is of a subscription that was given up, and reaches nobody', async () => {
    const harness = await withHistory();
    harness.server.behaviour.latencyMs = 50;
    const channel = harness.socket.channel('c');
    const seen = collect(channel);
    channel.subscribe();
    await pass(10);
    channel.unsubscribe();
    channel.subscribe({ since: 'e:10:a' });
    publish(harness, 'x', '11:b');
    expect(channel.position).toBe('e:10:a');
    await pass(100);
    publish(harness, 'x', '11:b');
    await pass();
    expect(seen).toEqual(['x']);
    expect(channel.position).toBe('e:11:b');
  });

  it('P14.9: nothing is lost if the first answer comes too late', async () => {
    const harness = await withHistory([{ position: 'e:10:a' }], { ackTimeout: 1_000 });
    harness.server.behaviour.latencyMs = 1_500;
    const seen = collect(harness.socket.subscribe('c'));
    await pass(1_510);
    publish(harness, 'x', '11:b');
    await pass();
    expect(seen).toEqual(['x']);
  });

  it('are absent on a channel without history', async () => {
    const harness = await withHistory([{}]);
    const channel = harness.socket.subscribe('c');
    const data = collect(channel);
    const events = collect(channel.listener('publication'));
    await pass();
    publish(harness, 1, '11:b');
    await pass();
    expect([channel.position, data, events]).toEqual([null, [1], []]);
  });
});

describe('after a reconnect', () => {
  it('P14.4: asks for what follows its position, and says how long it was away', async () => {
    const harness = await withHistory([
      { position: 'e:10:a' },
      { position: 'e:13:d', recovered: true },
    ]);
    const channel = harness.socket.subscribe('c');
    const events = collect(channel.listener('publication'), (event) => event);
    await pass();
    publish(harness, 'x', '11:b');
    const subscribed = collect(channel.listener('subscribe'), ({ recovered }) => recovered);
    await reconnect(harness);
    const { away, ...asked } = request(harness);
    expect(asked).toEqual({ channel: 'c', recover: 'e:11:b' });
    expect(away).toBeGreaterThan(0);
    expect(away).toBeLessThan(3_000);
    expect(subscribed).toEqual([true]);
    expect(channel.position).toBe('e:11:b');
    publish(harness, 'y', '12:c');
    publish(harness, 'z', '13:d');
    publish(harness, 'live', '14:e');
    await pass();
    expect(events.map(({ data, recovered }) => [data, recovered])).toEqual([
      ['x', false],
      ['y', true],
      ['z', true],
      ['live', false],
    ]);
    expect(channel.position).toBe('e:14:e');
  });

  it('asks from where it was when it is cut while catching up', async () => {
    const harness = await withHistory([
      { position: 'e:10:a' },
      { position: 'e:13:d', recovered: true },
    ]);
    harness.socket.subscribe('c');
    await pass();
    await reconnect(harness);
    publish(harness, 'y', '11:b');
    await reconnect(harness);
    expect(request(harness).recover).toBe('e:11:b');
  });

  it('P14.11: hears of what is missed before the confirmation', async () => {
    const harness = await withHistory([
      { position: 'e:10:a' },
      { position: 'f:3:b', recovered: false },
    ]);
    const channel = harness.socket.subscribe('c');
    await pass();
    const news: unknown[] = [];
    channel.listener('interruption').createConsumer();
    (async () => {
      for await (const event of channel.listener('interruption')) news.push(event);
    })();
    (async () => {
      for await (const { recovered } of channel.listener('subscribe')) news.push(recovered);
    })();
    const { server } = harness;
    const { subscribe } = server.behaviour;
    server.behaviour.subscribe = (data) => {
      const interruption = { since: 1, until: 2, reason: 'gone', position: 'f:3:b' };
      server.last.emitMessage({ event: '#interruption', data: { channel: 'c', ...interruption } });
      return subscribe(data);
    };
    await reconnect(harness);
    expect(news).toEqual([{ since: 1, until: 2, reason: 'gone', position: 'f:3:b' }, false]);
    expect(channel.position).toBe('f:3:b');
    publish(harness, 'x', '4:c');
    expect(channel.position).toBe('f:4:c');
  });

  it('P14.5: asks for the rewind again as long as nothing of it has come', async () => {
    const harness = await withHistory([{ position: 'e:10:a', rewind: 2 }]);
    const channel = harness.socket.subscribe('c', { rewind: 2 });
    await pass();
    expect(request(harness)).toEqual({ channel: 'c', rewind: 2 });
    expect(channel.position).toBeNull();
    await reconnect(harness);
    expect(request(harness)).toEqual({ channel: 'c', rewind: 2 });
    const events = collect(channel.listener('publication'), ({ recovered }) => recovered);
    publish(harness, 'x', '9:z');
    publish(harness, 'y', '10:a');
    publish(harness, 'live', '11:b');
    await pass();
    expect(events).toEqual([true, true, false]);
    await reconnect(harness);
    expect(request(harness)).toMatchObject({ recover: 'e:11:b', rewind: 2 });
  });

  it('begins after a position that the application has kept', async () => {
    const harness = await withHistory([{ position: 'e:10:a', recovered: true }]);
    const channel = harness.socket.subscribe('c', { since: 'e:7:x', mode: 'reject' });
    const subscribed = within('the event', channel.listener('subscribe').once());
    await pass();
    expect(request(harness)).toEqual({ channel: 'c', recover: 'e:7:x', mode: 'reject' });
    expect((await subscribed).recovered).toBe(true);
    expect(channel.position).toBe('e:7:x');
  });

  it('P14.12: is refused where the application wants that', async () => {
    const harness = await withHistory();
    const name = 'UnrecoverablePositionError';
    harness.server.behaviour.subscribe = () => ({ error: { name, message: 'gone' } });
    const channel = harness.socket.channel('c');
    const failure = within('the refusal', channel.listener('subscribeFail').once());
    harness.socket.subscribe('c', { since: 'e:7:x', mode: 'reject' });
    await pass();
    expect((await failure).error.name).toBe(name);
    expect([channel.state, channel.position]).toEqual(['unsubscribed', null]);
  });

  it('P14.1: says nothing of it to a server without recovery, and forgets its position', async () => {
    const harness = await withHistory([{ position: 'e:10:a' }, {}]);
    const channel = harness.socket.subscribe('c', { rewind: 5 });
    await pass();
    agree(harness.server, false);
    const subscribed = within('the event', channel.listener('subscribe').once());
    await reconnect(harness);
    expect(request(harness)).toEqual({ channel: 'c' });
    expect(channel.position).toBeNull();
    expect(await subscribed).not.toHaveProperty('recovered');
    // Of a log that it does not know.
    publish(harness, 'x', '11:b');
    expect(channel.position).toBeNull();
  });

  it('P14.1: takes no position from a server that has not agreed', async () => {
    const harness = await withHistory([{ position: 'e:10:a', recovered: true, rewind: 3 }]);
    agree(harness.server, false);
    await reconnect(harness);
    const channel = harness.socket.subscribe('c');
    const subscribed = within('the event', channel.listener('subscribe').once());
    const interruptions = collect(channel.listener('interruption'));
    await pass();
    expect(await subscribed).not.toHaveProperty('recovered');
    const data = { channel: 'c', since: 1, until: 2, reason: 'reconnected', position: 'f:3:b' };
    harness.server.last.emitMessage({ event: '#interruption', data });
    publish(harness, 'x', '4:c');
    await pass();
    expect(channel.position).toBeNull();
    expect(interruptions).toEqual([{ since: 1, until: 2, reason: 'reconnected' }]);
  });

  it('P14.11: what follows an interruption is not older than the subscription', async () => {
    const harness = await withHistory([{ position: 'e:10:a', rewind: 2 }]);
    const channel = harness.socket.subscribe('c');
    const events = collect(channel.listener('publication'), (event) => event);
    await pass();
    publish(harness, 'old', '10:a');
    const data = { channel: 'c', since: 1, until: 2, reason: 'gone', position: 'f:3:b' };
    harness.server.last.emitMessage({ event: '#interruption', data });
    publish(harness, 'new', '4:c');
    await pass();
    expect(events).toEqual([
      { data: 'old', position: 'e:10:a', recovered: true },
      { data: 'new', position: 'f:4:c', recovered: false },
    ]);
  });

  it('P14.21: takes an interruption of all channels for those without history', async () => {
    const harness = await withHistory([{ position: 'e:10:a' }, {}]);
    harness.socket.subscribe('c');
    await pass();
    harness.socket.subscribe('plain');
    await pass();
    const of = (name: string) =>
      collect(harness.socket.channel(name).listener('interruption'), ({ reason }) => reason);
    const [recoverable, plain] = [of('c'), of('plain')];
    const data = { since: 1, until: 2, reason: 'reconnected' };
    harness.server.last.emitMessage({ event: '#interruption', data });
    await pass();
    expect([recoverable, plain]).toEqual([[], ['reconnected']]);
  });
});
