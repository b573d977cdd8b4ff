import { consume } from '@asyngular/streams';
import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from './support/fake-server.js';
import { connected, pass, start, token, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

function states(payloads: { name: string; payload: any }[]): string[] {
  return payloads
    .filter(({ name }) => name === 'subscribeStateChange')
    .map(({ payload }) => `${payload.oldChannelState} → ${payload.newChannelState}`);
}

describe('subscribe()', () => {
  it('is pending at once, subscribed after the ack, and does not connect', async () => {
    const { socket, payloads, log } = start();
    const channel = socket.subscribe('c', { data: false });
    expect([socket.state, channel.state]).toEqual(['closed', 'pending']);
    expect(channel.options).toEqual({ waitForAuth: false, data: false });
    socket.connect();
    await pass();
    expect(channel.state).toBe('subscribed');
    expect(states(payloads)).toEqual(['unsubscribed → pending', 'pending → subscribed']);
    expect(log.slice(-2)).toEqual(['subscribeStateChange', 'subscribe']);
    expect(payloads.at(-1)!.payload).toEqual({
      channel: 'c',
      subscriptionOptions: { data: false },
    });
  });

  it('keeps earlier options unless new ones come', async () => {
    const { socket, server } = await connected();
    socket.subscribe('c', { waitForAuth: true, data: 1, priority: 2 });
    socket.subscribe('c');
    expect(socket.getChannelOptions('c')).toEqual({ waitForAuth: true, data: 1, priority: 2 });
    expect(server.received('#subscribe')).toEqual([]);
    socket.subscribe('c', {});
    await pass();
    expect(server.received('#subscribe')).toHaveLength(1);
    expect(socket.isSubscribed('c')).toBe(true);
  });

  it('emits subscribeFail and forgets the channel when refused', async () => {
    const { socket, server, payloads } = await connected();
    server.behaviour.subscribe = () => ({ error: { name: 'Blocked', message: 'no' } });
    const failure = within('the failure', socket.channel('c').listener('subscribeFail').once());
    socket.subscribe('c');
    await pass();
    expect((await failure).error.name).toBe('Blocked');
    expect(socket.isSubscribed('c', true)).toBe(false);
    expect(states(payloads).at(-1)).toBe('pending → unsubscribed');
    expect(payloads.at(-1)).toMatchObject({
      name: 'subscribeFail',
      payload: { channel: 'c', error: { name: 'Blocked' } },
    });
  });

  it('stays pending when the connection is lost before the answer', async () => {
    const { socket, server, log, payloads } = await connected();
    socket.subscribe('c', { data: 1 });
    server.last.drop(1006);
    expect(socket.getChannelState('c')).toBe('pending');
    await pass(3_000);
    expect(socket.getChannelState('c')).toBe('subscribed');
    expect(log).not.toContain('subscribeFail');
    expect(states(payloads)).toEqual(['unsubscribed → pending', 'pending → subscribed']);
  });

  it('asks again at doubling intervals when the answer is lost', async () => {
    const { socket, server, log } = await connected({
      ackTimeout: 1_000,
      pingTimeoutDisabled: true,
    });
    server.behaviour.subscribe = () => undefined;
    socket.subscribe('c');
    await pass(1_010);
    const [first, second] = server.received('#subscribe');
    expect(second.data).toEqual(first.data);
    server.last.emitMessage({ rid: first.cid, error: { message: 'late' } });
    await pass(1_000);
    expect(server.received('#subscribe')).toHaveLength(2);
    await pass(1_000);
    const third = server.received('#subscribe')[2];
    server.last.emitMessage({ rid: third.cid });
    await pass(60_000);
    expect(socket.isSubscribed('c')).toBe(true);
    expect(server.received('#subscribe')).toHaveLength(3);
    expect(log.filter((name) => name === 'subscribe')).toHaveLength(1);
  });

  it('waits for authentication where asked to, also after a reconnect', async () => {
    const { socket, server } = await connected();
    socket.subscribe('c', { waitForAuth: true });
    await pass();
    expect(server.received('#subscribe')).toEqual([]);
    server.last.emitMessage({ event: '#setAuthToken', data: { token: token({}) } });
    await pass();
    expect(socket.isSubscribed('c')).toBe(true);
    socket.reconnect();
    await pass();
    expect(socket.authState).toBe('unauthenticated');
    expect(socket.getChannelState('c')).toBe('pending');
    expect(server.received('#subscribe')).toEqual([]);
  });

  it('waits for processPendingSubscriptions with autoSubscribeOnConnect: false', async () => {
    const { socket, server } = start({ autoSubscribeOnConnect: false });
    socket.subscribe('a');
    socket.connect();
    await pass();
    expect(socket.preparingPendingSubscriptions).toBe(true);
    socket.subscribe('b');
    await pass();
    expect(server.received('#subscribe')).toEqual([]);
    socket.processPendingSubscriptions();
    await pass();
    expect(socket.subscriptions()).toEqual(['a', 'b']);
  });

  it('uses the prefix on the wire only', async () => {
    const { socket, server } = await connected({ channelPrefix: 'app:' });
    const channel = socket.subscribe('c');
    await pass();
    const received = within('a publication', channel.once());
    await channel.transmitPublish('hello');
    await pass();
    expect(await received).toBe('hello');
    expect(server.received('#publish')[0].data.channel).toBe('app:c');
    socket.unsubscribe('c');
    await pass();
    expect(server.received('#unsubscribe')[0]).toEqual({ event: '#unsubscribe', data: 'app:c' });
  });

  it('takes any name', async () => {
    const { socket, server } = await connected();
    for (const name of ['__proto__', 'constructor', '', '1', 'toString']) {
      const channel = socket.subscribe(name);
      await pass();
      const received = within('a publication', channel.once());
      server.last.emitMessage({ event: '#publish', data: { channel: name, data: name } });
      expect(await received).toBe(name);
    }
    expect(socket.subscriptions()).toEqual(['__proto__', 'constructor', '', '1', 'toString']);
  });
});

describe('leaving a channel', () => {
  it('sends #unsubscribe only if the server knows of it', async () => {
    const { socket, server, payloads, log } = await connected();
    socket.subscribe('never', { waitForAuth: true });
    socket.unsubscribe('never');
    expect(states(payloads)).toEqual(['unsubscribed → pending', 'pending → unsubscribed']);
    expect(log).not.toContain('unsubscribe');
    socket.subscribe('c');
    socket.unsubscribe('c');
    socket.subscribe('c');
    await pass();
    expect(server.last.packets.slice(1).map(({ event }) => event)).toEqual([
      '#subscribe',
      '#unsubscribe',
      '#subscribe',
    ]);
    expect(socket.isSubscribed('c')).toBe(true);
  });

  it('goes through kickOut, then the unsubscribe events', async () => {
    const { socket, server, log, payloads } = await connected();
    socket.subscribe('c');
    await pass();
    log.length = 0;
    server.last.emitMessage({ event: '#kickOut', data: { channel: 'c', message: ['x'] } });
    server.last.emitMessage({ event: '#kickOut', data: { channel: 'unknown' } });
    expect(log).toEqual(['kickOut', 'subscribeStateChange', 'unsubscribe']);
    expect(payloads.find(({ name }) => name === 'kickOut')!.payload).toEqual({
      channel: 'c',
      message: ['x'],
    });
    expect(socket.getChannelState('c')).toBe('unsubscribed');
  });

  describe('P12.3 extensions', () => {
    const times = { since: 1, until: 2, reason: 'reconnected' };

    /** A socket whose server answers with `ext`, and what its channels hear of interruptions. */
    async function interruptible(ext: unknown) {
      const agreeing = new FakeServer();
      const { handshake } = agreeing.behaviour;
      agreeing.behaviour.handshake = (data) => ({ data: { ...handshake(data)!.data, ext } });
      const { socket, server } = await connected({}, agreeing);
      const heard: unknown[] = [];
      for (const name of ['c', 'd', 'e']) {
        const channel = name === 'e' ? socket.channel(name) : socket.subscribe(name);
        consume(channel.listener('interruption'), (event) => void heard.push([name, event]));
      }
      const messages: unknown[] = [];
      consume(socket.receiver('#interruption'), (data) => void messages.push(data));
      await pass();
      const tell = (data: unknown) => server.last.emitMessage({ event: '#interruption', data });
      return { heard, messages, tell, socket, server };
    }

    it('tell channels of an interruption once agreed', async () => {
      const { heard, messages, tell } = await interruptible({ interruption: {} });
      tell({ channel: 'c', ...times });
      tell({ channel: 'e', ...times });
      tell({ channel: 'c', since: 'then', until: 2 });
      tell(times);
      tell({ channel: null, since: 3, until: 4 });
      await pass();
      const later = { since: 3, until: 4, reason: '' };
      // Loops of different channels take turns.
      expect(heard.sort()).toEqual([
        ['c', times],
        ['c', times],
        ['c', later],
        ['d', times],
        ['d', later],
      ]);
      expect(messages).toEqual([]);
    });

    it('make it through a channel that is no name', async () => {
      const { heard, tell, socket } = await interruptible({ interruption: {} });
      for (const channel of [0, {}, [], true, 5]) tell({ channel, ...times });
      await pass();
      expect(heard).toEqual([]);
      expect(socket.state).toBe('open');
    });

    it.each([[undefined], [null], [{}], [{ other: {} }], ['interruption'], [['interruption']]])(
      'not agreed to with %j leave #interruption an ordinary name',
      async (ext) => {
        const { heard, messages, tell } = await interruptible(ext);
        tell({ channel: 'c', ...times });
        await pass();
        expect(heard).toEqual([]);
        expect(messages).toEqual([{ channel: 'c', ...times }]);
      },
    );

    it('hold for the connection that agreed only', async () => {
      const { heard, messages, tell, server } = await interruptible({ interruption: {} });
      server.behaviour.handshake = () => ({ data: { id: 'second', isAuthenticated: false } });
      server.last.drop(1006);
      await pass(60_000);
      tell(times);
      await pass();
      expect(heard).toEqual([]);
      expect(messages).toEqual([times]);
    });
  });

  it('lets loops go on after the next subscription', async () => {
    const { socket, server } = await connected();
    const channel = socket.subscribe('c');
    const seen: unknown[] = [];
    void (async () => {
      for await (const data of channel) {
        seen.push(data);
      }
    })();
    await pass();
    const publish = async (data: unknown) => {
      server.last.emitMessage({ event: '#publish', data: { channel: 'c', data } });
      await pass();
    };
    await publish(1);
    socket.unsubscribe('c');
    await publish(2);
    socket.subscribe('c');
    await publish(3);
    socket.reconnect();
    await pass();
    await publish(4);
    expect(seen).toEqual([1, 3, 4]);
  });
});

it('refuses channel names that are no strings, as a rejection', async () => {
  const { socket } = await connected();
  const wrong = expect.objectContaining({ name: 'InvalidArgumentsError' });
  await expect(socket.transmitPublish(5 as any, 1)).rejects.toEqual(wrong);
  await expect(socket.invokePublish(undefined as any, 1)).rejects.toEqual(wrong);
});
