import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { AGServerOptions, AGServerSocket } from '../src/index.js';
import { answering } from './support/answering.js';
import { startServer, until } from './support/server.js';
import { sign } from './support/tokens.js';

const userId = (socket: AGServerSocket) => socket.authToken?.sub;

/** A server that knows whose its sockets are, and clients of users. */
async function startWithUsers(options: AGServerOptions = {}) {
  const started = await startServer({ userId, ...options });
  return { ...started, openAs: (sub: string) => started.open(sign({ sub })) };
}

const complete = { unanswered: [], isComplete: true };

describe('server.user()', () => {
  it('transmits to all devices of the user, and to nobody else', async () => {
    const { server, open, openAs } = await startWithUsers();
    const [phone, laptop, other, stranger] = [
      await openAs('ada'),
      await openAs('ada'),
      await openAs('bob'),
      await open(),
    ];
    expect(await server.user('ada').transmit('notice', { n: 1 })).toEqual({
      connections: 2,
      ...complete,
    });
    for (const client of [phone, laptop, other, stranger]) await client.settled();
    const notice = { event: 'notice', data: { n: 1 } };
    expect(phone.received).toContainEqual(notice);
    expect(laptop.received).toContainEqual(notice);
    expect(other.received).not.toContainEqual(notice);
    expect(stranger.received).not.toContainEqual(notice);
  });

  it('reaches nobody when the user is away, and says so', async () => {
    const { server } = await startWithUsers();
    expect(await server.user('ada').transmit('notice')).toEqual({ connections: 0, ...complete });
  });

  it('keeps the order of messages of each device', async () => {
    const { server, openAs } = await startWithUsers();
    const client = await openAs('ada');
    const user = server.user('ada');
    for (let n = 0; n < 20; n++) void user.transmit('n', n);
    await user.transmit('n', 20);
    await client.settled();
    const numbers = client.received.flat().filter(({ event }) => event === 'n');
    expect(numbers.map(({ data }) => data)).toEqual([...Array(21).keys()]);
  });

  it('P18.3 publishes on the channel that each user has alone', async () => {
    const { server, openAs } = await startWithUsers();
    const [ada, silent, bob] = [await openAs('ada'), await openAs('ada'), await openAs('bob')];
    await ada.subscribe('#user');
    await bob.subscribe('#user');
    expect(await server.user('ada').publish({ text: 'hi' })).toEqual({
      connections: 1,
      ...complete,
    });
    for (const client of [ada, silent, bob]) await client.settled();
    const publication = { event: '#publish', data: { channel: '#user', data: { text: 'hi' } } };
    expect(ada.received).toContainEqual(publication);
    expect(silent.received).not.toContainEqual(publication);
    expect(bob.received).not.toContainEqual(publication);
  });

  it('P18.3 lets nobody subscribe to or publish on the channel of somebody else', async () => {
    const { open, openAs } = await startWithUsers();
    const [ada, bob, stranger] = [await openAs('ada'), await openAs('bob'), await open()];
    await ada.subscribe('#user');
    expect((await stranger.subscribe('#user')).error.message).toBe(
      'Failed to subscribe socket to the #user channel - the connection belongs to no user; authenticate first',
    );
    for (const client of [ada, bob, stranger]) {
      const { error } = await client.request('#publish', { channel: '#user', data: 'boo' });
      expect(error.name).toBe('InvalidActionError');
      expect(error.message).toContain('publish with server.user(id).publish()');
    }
    await ada.settled();
    expect(ada.received.flat().filter(({ event }) => event === '#publish')).toEqual([]);
  });

  it('P18.3 ends the subscription when the connection passes to another user', async () => {
    const { server, openAs } = await startWithUsers();
    const client = await openAs('ada');
    await client.subscribe('#user');
    await client.request('#authenticate', sign({ sub: 'ada', role: 'admin' }));
    expect((await server.user('ada').publish(1)).connections).toBe(1);
    await client.request('#authenticate', sign({ sub: 'bob' }));
    expect((await server.user('ada').publish(2)).connections).toBe(0);
    expect((await server.user('bob').publish(3)).connections).toBe(0);
    await client.settled();
    const kickOut = client.received.flat().find(({ event }) => event === '#kickOut');
    expect(kickOut.data.channel).toBe('#user');
  });

  it('P18.4 keeps nothing of that channel, whatever patterns fit its name', async () => {
    const { server, openAs } = await startWithUsers({
      channels: { '*': { history: {}, presence: true, rewind: 5 } },
    });
    const [ada, bob] = [await openAs('ada'), await openAs('bob')];
    for (const client of [ada, bob]) expect((await client.subscribe('#user')).data).toBeUndefined();
    await server.user('ada').publish(1);
    await ada.settled();
    expect(ada.received.flat().at(-2)).toEqual({
      event: '#publish',
      data: { channel: '#user', data: 1 },
    });
    await expect(server.exchange.history('#user')).rejects.toThrow('has no history');
    await expect(server.exchange.invokePublish('#user', 1)).rejects.toThrow(
      'publish with server.user(id).publish()',
    );
    expect(() => server.exchange.subscribe('#user')).toThrow('each user');
    await expect(startWithUsers({ channels: { '#user': { history: {} } } })).rejects.toThrow(
      "channels['#user'] has history or presence",
    );
  });

  it('leaves #user an ordinary channel while nobody has a user id', async () => {
    const { server, open } = await startServer();
    const client = await open();
    expect((await client.subscribe('#user')).error).toBeUndefined();
    expect((await client.request('#publish', { channel: '#user', data: 1 })).error).toBeUndefined();
    expect(() => server.user('ada')).toThrow('server.user() needs the option userId');
  });

  it('calls all devices, and takes the answer of the first', async () => {
    const { server, openAs } = await startWithUsers();
    const [broken, slow, fast] = [await openAs('ada'), await openAs('ada'), await openAs('ada')];
    answering(broken, {
      confirm: () => {
        throw new Error('no screen');
      },
    });
    answering(slow, { confirm: () => new Promise(() => {}) });
    answering(fast, { confirm: (question) => `${question} yes` });
    const answer = server.user('ada').invoke('confirm', 'sure?', { timeoutMs: 5_000 });
    expect(await within('an answer', answer)).toBe('sure? yes');
  });

  it('says why a call had no answer', async () => {
    const { server, openAs } = await startWithUsers();
    await expect(server.user('ada').invoke('confirm')).rejects.toMatchObject({
      name: 'BadConnectionError',
      message: 'The user ada has no open connection, so nobody could be asked for confirm',
    });
    await openAs('ada');
    await expect(server.user('ada').invoke('confirm', 1, { timeoutMs: 20 })).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'No device of the user ada answered confirm within 20 ms; 1 were asked',
    });
    const broken = await openAs('bob');
    answering(broken, {
      confirm: () => {
        throw new Error('no screen');
      },
    });
    await expect(server.user('bob').invoke('confirm')).rejects.toThrow('no screen');
  });

  it('takes the user out of a channel on all devices', async () => {
    const { server, openAs } = await startWithUsers();
    const [phone, laptop] = [await openAs('ada'), await openAs('ada')];
    await phone.subscribe('room');
    await laptop.subscribe('room');
    await (await openAs('ada')).subscribe('other');
    expect((await server.user('ada').kickOut('room', 'bye')).connections).toBe(2);
    await phone.settled();
    const kickOut = { event: '#kickOut', data: { channel: 'room', message: 'bye' } };
    expect(phone.received).toContainEqual(kickOut);
    expect((await server.user('ada').kickOut('room')).connections).toBe(0);
  });

  it('closes all connections of the user', async () => {
    const { server, openAs } = await startWithUsers();
    const [phone, laptop, bob] = [await openAs('ada'), await openAs('ada'), await openAs('bob')];
    expect((await server.user('ada').disconnect(4500, 'logged out')).connections).toBe(2);
    expect(await phone.whenClosed()).toMatchObject({ code: 4500, reason: 'logged out' });
    await laptop.whenClosed();
    await bob.settled();
    await expect(server.user('bob').disconnect(1006)).rejects.toThrow(
      'The close code of disconnect() is 1006',
    );
  });

  it('lists where the user is connected, in parts', async () => {
    const { server, openAs } = await startWithUsers();
    for (let n = 0; n < 5; n++) await openAs('ada');
    await openAs('bob');
    const ids = Object.values(server.clients)
      .filter((socket) => socket.userId === 'ada')
      .map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const part = await server.user('ada').sockets({ limit: 2, cursor });
      expect(part).toMatchObject(complete);
      seen.push(...part.sockets.map(({ id }) => id));
      cursor = part.cursor;
    } while (cursor);
    expect(seen).toEqual(ids);
    const [first] = (await server.user('ada').sockets()).sockets;
    expect(first).toEqual({
      server: server.broker.node,
      id: ids[0],
      userId: 'ada',
      since: expect.closeTo(Date.now(), -5),
      address: expect.stringContaining('127.0.0.1'),
    });
  });

  it.each([
    ['', 'The id of server.user() is a text of 0 characters'],
    ['x'.repeat(257), 'a text of 257 characters'],
    [5, 'The id of server.user() is 5'],
    [undefined, 'is undefined'],
  ])('refuses %j as an id', async (id, message) => {
    const { server } = await startWithUsers();
    expect(() => server.user(id as string)).toThrow(message);
  });

  it.each(['__proto__', 'constructor', 'a/b', '"', '\u0000', '😀', '\ud800', 'x'.repeat(256)])(
    'knows the user %j',
    async (name) => {
      const { server, open } = await startWithUsers({ userId: () => name });
      const client = await open();
      await client.subscribe('#user');
      expect((await server.user(name).publish(1)).connections).toBe(1);
      expect((await server.user(`${name.slice(0, 250)}x`).publish(1)).connections).toBe(0);
      expect((await server.user(name).sockets()).sockets).toHaveLength(1);
    },
  );

  it('refuses what cannot be sent', async () => {
    const { server } = await startWithUsers();
    const user = server.user('ada');
    await expect(user.transmit('#setAuthToken', {})).rejects.toThrow(
      "The name of the receiver is '#setAuthToken'",
    );
    await expect(user.invoke(5 as any)).rejects.toThrow('The name of the procedure is 5');
    await expect(user.transmit('x', 'y'.repeat(600_000))).rejects.toThrow(
      /^The message x takes 6000\d\d bytes between servers, and they take 524288/,
    );
    await expect(user.transmit('x', 1, { timeOutMs: 5 } as any)).rejects.toThrow(
      'did you mean timeoutMs',
    );
    for (const cursor of ['nonsense', 'a/1/b/c', 'a/-1/b', 'a/Infinity/b']) {
      await expect(user.sockets({ cursor })).rejects.toThrow('The cursor of sockets()');
    }
    await expect(user.sockets({ limit: 5_000 })).rejects.toThrow('from 1 to 1000');
  });
});

describe('server.fleet', () => {
  it('lists and closes the sockets that fit all that is named', async () => {
    const { server, open, openAs } = await startWithUsers();
    const [ada, away, bob, nobody] = [
      await openAs('ada'),
      await openAs('ada'),
      await openAs('bob'),
      await open(),
    ];
    for (const client of [ada, bob, nobody]) await client.subscribe('room');
    const count = async (filter: object) => (await server.fleet.sockets(filter)).sockets.length;
    expect(await count({})).toBe(4);
    expect(await count({ channel: 'room' })).toBe(3);
    expect(await count({ user: 'ada' })).toBe(2);
    expect(await count({ user: 'ada', channel: 'room' })).toBe(1);
    expect(await count({ channel: 'nowhere' })).toBe(0);
    const { connections } = await server.fleet.disconnect({ user: 'ada', channel: 'room' }, 4001);
    expect(connections).toBe(1);
    expect(await ada.whenClosed()).toMatchObject({ code: 4001 });
    await away.settled();
    const { node } = server.broker;
    expect((await server.fleet.disconnect({ server: node })).connections).toBe(3);
    await until('all closed', () => server.clientsCount === 0);
    await expect(server.fleet.disconnect({})).rejects.toThrow('name a user, a channel or a server');
  });

  it('knows who is subscribed to a channel of their own', async () => {
    const { server, open, openAs } = await startWithUsers();
    const [ada, bob] = [await openAs('ada'), await openAs('bob')];
    await open();
    for (const client of [ada, bob]) await client.subscribe('#user');
    const { sockets } = await server.fleet.sockets({ channel: '#user' });
    expect(sockets.map(({ userId }) => userId)).toEqual(['ada', 'bob']);
  });

  it('answers for no servers that it does not hear', async () => {
    const broker = memoryBroker({ hub: new MemoryHub() });
    const { server } = await startWithUsers({ broker, fleet: false });
    expect(() => server.fleet).toThrow('server.fleet needs the option fleet on all servers');
    expect(() => server.user('ada')).toThrow('server.user() needs the option fleet');
  });

  it('describes this server', async () => {
    const { server, open } = await startServer();
    await open();
    expect(server.fleet.servers()).toEqual([
      {
        id: server.broker.node,
        since: expect.closeTo(Date.now(), -5),
        clients: 1,
        load: expect.any(Number),
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        isDraining: false,
      },
    ]);
  });
});
