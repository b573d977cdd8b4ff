import { randomUUID } from 'node:crypto';
import { type AGClientSocket, type Consumer, create } from '@asyngular/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatApi } from '../src/page/chat-socket.js';
import { startChat } from '../src/server/start-chat.js';
import { HISTORY_LIMIT, MAX_NAME_LENGTH, MAX_TEXT_LENGTH } from '../src/shared/rules.js';

const publicDirectory = new URL('../public/', import.meta.url);
const DEADLINE_MS = 5000;

let chat: Awaited<ReturnType<typeof startChat>>;
const sockets: AGClientSocket<ChatApi>[] = [];

beforeEach(async () => {
  chat = await startChat({ port: 0, authKey: 'test key', directories: [publicDirectory] });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await chat.close();
});

/** Its token lives in memory; `token` logs in at once, as a page does after a reload. */
function connect(token: string | null = null): AGClientSocket<ChatApi> {
  const socket = create<ChatApi>({
    hostname: 'localhost',
    port: chat.port,
    autoReconnect: false,
    authEngine: {
      loadToken: async () => token,
      saveToken: async (_key: string, saved: string) => saved,
      removeToken: async () => token,
    },
  });
  sockets.push(socket);
  return socket;
}

async function enter(name: string, room = 'lobby') {
  const socket = connect();
  await socket.invoke('login', { name });
  const channel = await join(socket, room);
  return { socket, channel };
}

async function join(socket: AGClientSocket<ChatApi>, room: string) {
  const channel = socket.subscribe(`room:${room}`, { presence: { name: '', isTyping: false } });
  if (!channel.isSubscribed()) await channel.listener('subscribe').once(DEADLINE_MS);
  return channel;
}

/** Who is in the lobby, whenever that changes. */
async function watchPeople(socket: AGClientSocket<ChatApi>) {
  const { presence } = socket.channel('room:lobby');
  const changes = presence.changes().createConsumer();
  await find(changes, 'who is in the lobby', ({ type }) => type === 'sync');
  return { changes, members: () => [...presence.members.values()].map(({ state }) => state) };
}

/** What was said in a room that the socket is in, oldest first. */
async function historyOf(socket: AGClientSocket<ChatApi>, room: string) {
  const { publications } = await socket.channel(`room:${room}`).history({ order: 'oldest' });
  return publications.map(({ data }) => data);
}

/** Reads on until an event is as wanted. */
async function find<Event, Found extends Event>(
  events: Consumer<Event>,
  what: string,
  isWanted: (event: Event) => event is Found,
): Promise<Found>;
async function find<Event>(
  events: Consumer<Event>,
  what: string,
  isWanted: (event: Event) => boolean,
): Promise<Event>;
async function find<Event>(
  events: Consumer<Event>,
  what: string,
  isWanted: (event: Event) => boolean,
): Promise<Event> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited in vain for ${what}`)), DEADLINE_MS);
  });
  try {
    for (;;) {
      const { value, done } = await Promise.race([events.next(), deadline]);
      if (done) throw new Error(`The channel ended before ${what}`);
      if (isWanted(value)) return value;
    }
  } finally {
    clearTimeout(timer);
  }
}

const draft = (text: string, id: string = randomUUID()) => ({ id, text });
const inLobby = (members: number) => expect.objectContaining({ name: 'lobby', members });
/** Reads on until exactly these people are in the lobby. */
const findMembers = (
  { changes, members }: Awaited<ReturnType<typeof watchPeople>>,
  ...names: string[]
) =>
  find(changes, names.join(' and '), () => {
    const present = members().map(({ name }) => name);
    return present.sort().join() === names.join();
  });

/** What the contract refuses. */
const invalid = (text: string | RegExp) =>
  expect.objectContaining({ name: 'ValidationError', message: expect.stringMatching(text) });

const broken = (text: string | RegExp) =>
  expect.objectContaining({ name: 'ChatRuleError', message: expect.stringMatching(text) });

describe('login', () => {
  it('gives the name, normalised, and a token', async () => {
    const socket = connect();
    const user = await socket.invoke('login', { name: '  Ada   Lovelace ' });
    expect(user.name).toBe('Ada Lovelace');
    await expect.poll(() => socket.authToken).toMatchObject(user);
  });

  it.each([
    ['nothing', undefined],
    ['blanks', '   '],
    ['a number', 7],
    ['too many characters', 'x'.repeat(MAX_NAME_LENGTH + 1)],
    ['markup', '<b>Ada</b>'],
    ['a line break', 'Ada\nLovelace'],
    ['a direction override', 'Ada\u202eLovelace'],
  ])('refuses %s for a name', async (_, name) => {
    await expect(connect().invoke('login', { name } as { name: string })).rejects.toEqual(
      invalid('name'),
    );
  });

  it('survives data of any shape', async () => {
    const socket = connect();
    for (const data of [undefined, null, 7, 'Ada', []]) {
      await expect(socket.invoke('login', data as never)).rejects.toEqual(
        invalid('expected object'),
      );
    }
  });

  it('refuses a name in use, and frees it when its owner leaves', async () => {
    const { socket: ada } = await enter('Ada');
    const other = connect();
    await expect(other.invoke('login', { name: 'ADA' })).rejects.toEqual(broken('already called'));
    ada.disconnect();
    await expect
      .poll(() => other.invoke('login', { name: 'ADA' }).catch((error) => error), {
        timeout: DEADLINE_MS,
      })
      .toMatchObject({ name: 'ADA' });
  });

  it('refuses a second login on the same connection', async () => {
    const { socket } = await enter('Ada');
    await expect(socket.invoke('login', { name: 'Bob' })).rejects.toEqual(
      broken('already logged in'),
    );
  });

  it('is confirmed by the token alone, also in a second tab', async () => {
    const { socket } = await enter('Ada');
    await expect.poll(() => socket.signedAuthToken).toBeTruthy();
    const tab = connect(socket.signedAuthToken);
    const { isAuthenticated } = await tab.listener('connect').once(DEADLINE_MS);
    expect(isAuthenticated).toBe(true);
    expect(tab.authToken?.name).toBe('Ada');
  });

  it('refuses a token whose name somebody else has taken meanwhile', async () => {
    const { socket: first } = await enter('Ada');
    await expect.poll(() => first.signedAuthToken).toBeTruthy();
    const token = first.signedAuthToken;
    first.disconnect();
    const second = connect();
    await expect
      .poll(() => second.invoke('login', { name: 'Ada' }).catch((error) => error), {
        timeout: DEADLINE_MS,
      })
      .toMatchObject({ name: 'Ada' });
    const { isAuthenticated, authError } = await connect(token)
      .listener('connect')
      .once(DEADLINE_MS);
    expect(isAuthenticated).toBe(false);
    expect(authError).toEqual(broken('already called'));
  });
});

describe('without login', () => {
  it('nothing but login can be called', async () => {
    const socket = connect();
    await expect(socket.invoke('rooms')).rejects.toEqual(broken('log in'));
    await expect((socket as AGClientSocket).invoke('format-disk')).rejects.toMatchObject({
      name: 'NoHandlerError',
    });
  });

  it.each(['room:lobby', 'rooms'] as const)('%s cannot be subscribed', async (name) => {
    const channel = connect().subscribe(name);
    const { error } = await channel.listener('subscribeFail').once(DEADLINE_MS);
    expect(error).toEqual(broken('log in'));
  });

  it('nothing can be published', async () => {
    const { channel } = await enter('Ada');
    const stranger = connect().invokePublish('room:lobby', draft('psst'));
    await expect(stranger).rejects.toEqual(broken('log in'));
    expect(channel.getBackpressure()).toBe(0);
  });
});

describe('rooms', () => {
  it('deliver what is said, with the author, time and id of the server', async () => {
    const { channel: hers } = await enter('Ada');
    const { channel: his } = await enter('Bob');
    const events = hers.createConsumer();
    await his.invokePublish(draft(' Hello '));
    const message = await find(events, "Bob's message", () => true);
    expect(message).toEqual({
      id: expect.any(String),
      author: 'Bob',
      text: 'Hello',
      time: expect.any(Number),
    });
    expect(Math.abs(message.time - Date.now())).toBeLessThan(DEADLINE_MS);
  });

  it('do not let a client forge author, time or member lists', async () => {
    const { channel: hers } = await enter('Ada');
    const { channel: his } = await enter('Bob');
    const events = hers.createConsumer();
    const forged = { ...draft('I quit'), author: 'Ada', time: 0 };
    await his.invokePublish(forged);
    const message = await find(events, 'the forged message', () => true);
    expect(message).toMatchObject({ author: 'Bob', text: 'I quit' });
    expect(message.time).not.toBe(0);
    const { socket: eve, channel: eves } = await enter('Eve');
    const people = await watchPeople(eve);
    eves.presence.update({ name: 'Ada', isTyping: 'yes' as never });
    await eves.presence.enter({ name: 'Nobody', isTyping: true });
    await find(people.changes, 'Eve typing', ({ member }) => member?.state.isTyping === true);
    expect(people.members()).toContainEqual({ name: 'Eve', isTyping: true });
    expect(
      people
        .members()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['Ada', 'Bob', 'Eve']);
  });

  it.each([
    ['an empty text', ' \n '],
    ['control characters only', '\u0000\u0007'],
    ['too long a text', 'x'.repeat(MAX_TEXT_LENGTH + 1)],
    ['no text', { toString: 'no' }],
  ])('refuse %s', async (_, text) => {
    const { channel } = await enter('Ada');
    await expect(channel.invokePublish(draft(text as string))).rejects.toEqual(invalid('text'));
  });

  it('can only be spoken in by those who are in them', async () => {
    const { socket } = await enter('Ada', 'lobby');
    await expect(socket.invokePublish('room:random', draft('anyone?'))).rejects.toEqual(
      broken('Join the room'),
    );
    await expect(socket.invokePublish('rooms', [] as never)).rejects.toMatchObject({
      message: 'Clients do not publish on the rooms channel: the contract has no publish for it',
    });
  });

  it.each(['room:', 'other'])('have no channel %j', async (name) => {
    const { socket } = await enter('Ada');
    const channel = (socket as AGClientSocket).subscribe(name);
    const { error } = await channel.listener('subscribeFail').once(DEADLINE_MS);
    expect(error).toMatchObject({ name: 'NoHandlerError' });
  });

  it.each(['room:Big Room', 'room:UPPER', `room:${'x'.repeat(31)}`, 'room:-'])(
    'refuse the channel %j',
    async (name) => {
      const { socket } = await enter('Ada');
      const channel = (socket as AGClientSocket).subscribe(name);
      const { error } = await channel.listener('subscribeFail').once(DEADLINE_MS);
      expect(error).toEqual(broken('room'));
    },
  );

  it(`keep the last ${HISTORY_LIMIT} messages`, async () => {
    const { socket, channel } = await enter('Ada');
    const total = HISTORY_LIMIT + 7;
    for (let n = 1; n <= total; n++) {
      void channel.transmitPublish(draft(`message ${n}`));
    }
    await channel.invokePublish(draft('the last one'));
    const history = await historyOf(socket, 'lobby');
    const texts = history.map(({ text }) => text);
    expect(texts.pop()).toBe('the last one');
    expect(texts).toEqual(Array.from({ length: HISTORY_LIMIT - 1 }, (_, i) => `message ${i + 9}`));
    await join(socket, 'random');
    expect(await historyOf(socket, 'random')).toEqual([]);
  });

  it('tell who comes and who goes', async () => {
    const { socket: ada } = await enter('Ada');
    const events = await watchPeople(ada);
    const { socket: bob } = await enter('Bob');
    await findMembers(events, 'Ada', 'Bob');
    const { socket: cleo, channel: cleos } = await enter('Cleo');
    await findMembers(events, 'Ada', 'Bob', 'Cleo');
    bob.disconnect();
    await findMembers(events, 'Ada', 'Cleo');
    cleos.unsubscribe();
    await findMembers(events, 'Ada');
    const rooms = await cleo.invoke('rooms');
    expect(rooms).toContainEqual(inLobby(1));
  });

  it('count a person with two tabs once', async () => {
    const { socket } = await enter('Ada');
    await expect.poll(() => socket.signedAuthToken).toBeTruthy();
    const events = await watchPeople(socket);
    const tab = connect(socket.signedAuthToken);
    await tab.listener('connect').once(DEADLINE_MS);
    await join(tab, 'lobby');
    await enter('Bob');
    await findMembers(events, 'Ada', 'Bob');
    expect(await socket.invoke('rooms')).toContainEqual(inLobby(2));
  });

  it('are left by logging out', async () => {
    const { socket: ada } = await enter('Ada');
    const events = await watchPeople(ada);
    const { socket: bob, channel: bobs } = await enter('Bob');
    await findMembers(events, 'Ada', 'Bob');
    await bob.deauthenticate();
    await findMembers(events, 'Ada');
    await expect.poll(() => bobs.state).toBe('unsubscribed');
  });
});

describe('a draft that is sent again', () => {
  it('is one message', async () => {
    const { socket, channel } = await enter('Ada');
    const id = randomUUID();
    await channel.invokePublish(draft('Once', id), { id });
    await channel.invokePublish(draft('Once', id), { id });
    expect(await historyOf(socket, 'lobby')).toEqual([
      expect.objectContaining({ id, author: 'Ada', text: 'Once' }),
    ]);
  });

  it('changes nothing when it comes from anybody else', async () => {
    const { socket: ada, channel: adas } = await enter('Ada');
    const { channel: bobs } = await enter('Bob');
    const id = randomUUID();
    await adas.invokePublish(draft('Mine', id), { id });
    const published = await bobs.invokePublish(draft('No, mine', id), { id });
    expect(published?.duplicate).toBe(true);
    const history = await historyOf(ada, 'lobby');
    expect(history.map(({ author, text }) => [author, text])).toEqual([['Ada', 'Mine']]);
  });

  it.each(['', 'x'.repeat(36), 7, undefined])('needs a UUID: %s', async (id) => {
    const { channel } = await enter('Ada');
    const strange = { id, text: 'Hello' } as never;
    await expect(channel.invokePublish(strange)).rejects.toEqual(invalid('id'));
  });
});

describe('the list of rooms', () => {
  it('is published with the time of the latest message', async () => {
    const { socket, channel } = await enter('Ada');
    const { socket: bob } = await enter('Bob', 'random');
    const lists = bob.subscribe('rooms').createConsumer(DEADLINE_MS);
    await bob.channel('rooms').listener('subscribe').once(DEADLINE_MS);
    await channel.invokePublish(draft('News'));
    const [message] = await historyOf(socket, 'lobby');
    expect(message).toBeDefined();
    const expected = { name: 'lobby', members: 1, latest: message?.time };
    for await (const rooms of lists) {
      if (rooms.some(({ latest }) => latest > 0)) {
        expect(rooms).toContainEqual(expected);
        expect(rooms).toContainEqual({ name: 'help', members: 0, latest: 0 });
        return;
      }
    }
    throw new Error('The list of rooms ended before the message was in it.');
  });
});

describe('typing notices', () => {
  it('are seen by the others in the room, with the name of their sender', async () => {
    const { socket: ada } = await enter('Ada');
    const { channel } = await enter('Bob');
    const people = await watchPeople(ada);
    channel.presence.update({ name: 'Eve', isTyping: true });
    await find(people.changes, 'Bob typing', ({ member }) => member?.state.isTyping === true);
    expect(people.members()).toContainEqual({ name: 'Bob', isTyping: true });
  });

  it('are nothing that a page transmits', async () => {
    const { socket } = await enter('Ada');
    void (socket as AGClientSocket).transmit('typing', { room: 'lobby' });
    expect(await socket.invoke('rooms')).toContainEqual(expect.objectContaining({ name: 'lobby' }));
  });
});
