import { collect } from '@asyngular/test-utils/collect';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeServer } from './support/fake-server.js';
import {
  connected,
  type Harness,
  outcome,
  pass,
  start,
  useVirtualTime,
} from './support/harness.js';

// Publications that their publisher does not get, and channels joined by the server: docs/protocol.md P18.

beforeEach(useVirtualTime);

function agreeing(server: FakeServer, ext: object): FakeServer {
  server.behaviour.handshake = () => ({
    data: { id: server.nextId(), pingTimeout: 20_000, isAuthenticated: false, ext },
  });
  return server;
}

const withPeople = (ext: object = { people: {}, recovery: {} }): Promise<Harness> =>
  connected({ pingTimeoutDisabled: true }, agreeing(new FakeServer(), ext));

async function reconnect({ server }: Harness): Promise<void> {
  server.last.drop(1006);
  await pass(3_000);
}

function join({ server }: Harness, data: unknown): void {
  server.last.emitMessage({ event: '#joined', data });
}

describe("except: 'self'", () => {
  it('P18.1: offers one name on all connections, and each client its own', async () => {
    const harness = await withPeople();
    const nameIn = ({ server }: Harness) => server.received('#handshake')[0].data.ext.people.id;
    const name = nameIn(harness);
    expect(name).toMatch(/^[\w-]{20,64}$/);
    await reconnect(harness);
    expect(nameIn(harness)).toBe(name);
    expect(nameIn(await withPeople())).not.toBe(name);
  });

  it('P18.2: is said with the publication', async () => {
    const { server, socket } = await withPeople();
    const channel = socket.channel('c');
    channel.transmitPublish(1, { except: 'self' });
    void channel.invokePublish(2, { except: 'self' });
    void socket.invokePublish('c', 3);
    await pass();
    expect(server.received('#publish').map(({ data }) => data)).toEqual([
      { channel: 'c', data: 1, except: true },
      { channel: 'c', data: 2, except: true },
      { channel: 'c', data: 3 },
    ]);
  });

  it('waits for a connection as other publications do', async () => {
    const harness = start(
      { pingTimeoutDisabled: true },
      agreeing(new FakeServer(), { people: {} }),
    );
    harness.socket.transmitPublish('c', 1, { except: 'self' });
    harness.socket.connect();
    await pass();
    expect(harness.server.received('#publish')[0].data.except).toBe(true);
  });

  it('sends nothing to a server that does not know it (P12.5)', async () => {
    const { server, socket } = await withPeople({});
    const dropped = collect(socket.listener('transmitDropped'), ({ error }) => error.name);
    socket.transmitPublish('c', 1, { except: 'self' });
    const { error } = await outcome(socket.invokePublish('c', 2, { except: 'self' }));
    expect(error.name).toBe('NotSupportedError');
    expect(error.message).toContain("does not know except: 'self'");
    await pass();
    expect(dropped).toEqual(['NotSupportedError']);
    expect(server.received('#publish')).toEqual([]);
  });

  it('is said again when a publication is sent again', async () => {
    const harness = await withPeople();
    const { server, socket } = harness;
    server.behaviour.invoke = () => undefined;
    void outcome(socket.invokePublish('c', 1, { id: 'one', except: 'self' }));
    await pass();
    await reconnect(harness);
    expect(server.received('#publish').map(({ data }) => data)).toEqual([
      { channel: 'c', data: 1, id: 'one', except: true },
    ]);
  });

  it.each([['others'], [true], [{ id: 'x' }]])('refuses %j', async (except) => {
    const { socket } = await withPeople();
    const publishing = async () => socket.invokePublish('c', 1, { except: except as any });
    const { error } = await outcome(publishing());
    expect(error.message).toMatch(/The except option of a publication is .*; it must be 'self'/);
  });
});

describe('a channel joined by the server', () => {
  it('P18.5: is subscribed without having been asked for', async () => {
    const harness = await withPeople();
    const { socket, payloads } = harness;
    const seen = collect(socket.channel('news'));
    const events = collect(socket.channel('news').listener('subscribe'), (event) => event);
    join(harness, { channel: 'news' });
    harness.server.last.emitMessage({ event: '#publish', data: { channel: 'news', data: 'hi' } });
    await pass();
    expect(socket.isSubscribed('news')).toBe(true);
    expect(seen).toEqual(['hi']);
    expect(events).toEqual([{ subscriptionOptions: {}, byServer: true }]);
    expect(payloads.find(({ name }) => name === 'subscribe')?.payload).toEqual({
      channel: 'news',
      subscriptionOptions: {},
      byServer: true,
    });
    expect(harness.server.received('#subscribe')).toEqual([]);
  });

  it('P18.5: gets what follows also while the client has asked for the channel itself', async () => {
    const harness = await withPeople();
    const { socket, server } = harness;
    server.behaviour.latencyMs = 1_000;
    const seen = collect(socket.subscribe('log'));
    join(harness, { channel: 'log', position: 'e:5:0' });
    server.last.emitMessage({
      event: '#publish',
      data: { channel: 'log', data: 'new', p: '6:0' },
    });
    await pass();
    expect(seen).toEqual(['new']);
  });

  it('P18.5: has the position and the rewind of an answer', async () => {
    const harness = await withPeople();
    const { socket, server } = harness;
    const seen = collect(socket.channel('log').listener('publication'), (event) => event);
    join(harness, { channel: 'log', position: 'e:5:0', rewind: 1 });
    for (const [data, p] of [
      ['old', '5:0'],
      ['new', '6:0'],
    ]) {
      server.last.emitMessage({ event: '#publish', data: { channel: 'log', data, p } });
    }
    await pass();
    expect(seen).toEqual([
      { data: 'old', position: 'e:5:0', recovered: true },
      { data: 'new', position: 'e:6:0', recovered: false },
    ]);
  });

  it('P18.5: ends with the connection, and is not asked for on the next one', async () => {
    const harness = await withPeople();
    const { socket, server } = harness;
    join(harness, { channel: 'news' });
    const ends = collect(socket.listener('unsubscribe'), ({ channel }) => channel);
    await reconnect(harness);
    expect(ends).toEqual(['news']);
    expect(socket.isSubscribed('news', true)).toBe(false);
    expect(server.received('#subscribe')).toEqual([]);
  });

  it('P18.5: becomes a subscription like others once the application asks for it', async () => {
    const harness = await withPeople();
    const { socket, server } = harness;
    join(harness, { channel: 'news' });
    socket.subscribe('news', { data: 'please' });
    await reconnect(harness);
    expect(server.received('#subscribe').map(({ data }) => data)).toEqual([
      { channel: 'news', data: 'please' },
    ]);
  });

  it('P18.5: leaves a request under way, and a subscription, as they are', async () => {
    const harness = await withPeople();
    const { socket, server } = harness;
    const events = collect(socket.listener('subscribe'), ({ byServer }) => byServer);
    server.behaviour.subscribe = () => undefined;
    socket.subscribe('news');
    await pass();
    join(harness, { channel: 'news' });
    await pass();
    expect(socket.isSubscribed('news')).toBe(false);
    server.last.emitMessage({ rid: server.received('#subscribe')[0].cid });
    join(harness, { channel: 'news' });
    await pass();
    expect(events).toEqual([undefined]);
  });

  it('can be left, and taken away', async () => {
    const harness = await withPeople();
    const { socket, server } = harness;
    join(harness, { channel: 'news' });
    socket.unsubscribe('news');
    await pass();
    expect(server.received('#unsubscribe').map(({ data }) => data)).toEqual(['news']);
    join(harness, { channel: 'news' });
    server.last.emitMessage({ event: '#kickOut', data: { channel: 'news', message: 'bye' } });
    expect(socket.isSubscribed('news')).toBe(false);
  });

  it.each([[undefined], [null], [5], ['news'], [{}], [{ channel: 5 }]])(
    'P18.6: ignores %j',
    async (data) => {
      const harness = await withPeople();
      join(harness, data);
      await pass();
      expect(harness.socket.subscriptions(true)).toEqual([]);
      expect(harness.log).not.toContain('error');
    },
  );

  it('P18.1: is an ordinary message where the server has not agreed', async () => {
    const harness = await withPeople({});
    const seen = collect(harness.socket.receiver('#joined'));
    join(harness, { channel: 'news' });
    await pass();
    expect(seen).toEqual([{ channel: 'news' }]);
    expect(harness.socket.subscriptions(true)).toEqual([]);
  });
});
