import type { AGRequest } from '@asyngular/protocol/internal';
import {
  type AGClientSocket,
  type ChannelPresence,
  type ClientOptions,
  create,
} from '../src/index.js';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function assertType<_T extends true>(): void {}

interface Message {
  text: string;
}

interface ChatApi {
  procedures: {
    login(data: { name: string }): { id: string };
    history(room: string): Promise<Message[]>;
    ping(): void;
  };
  receivers: { typing: { room: string }; leave: undefined };
  clientProcedures: { confirm(question: string): boolean };
  clientReceivers: { notice: string };
  channels: { [room: `room:${string}`]: Message; lobby: string };
  authToken: { name: string };
}

export async function withContract(): Promise<void> {
  const socket = create<ChatApi>({ hostname: 'x' });

  const session = await socket.invoke('login', { name: 'Ann' }, { ackTimeout: 5 });
  assertType<Equal<typeof session, { id: string }>>();
  const history = await socket.invoke('history', 'room:1');
  assertType<Equal<typeof history, Message[]>>();
  await socket.invoke('ping');
  await socket.invoke('ping', undefined, { signal: new AbortController().signal });
  // @ts-expect-error the procedure wants an object with a name
  await socket.invoke('login', 'Ann');
  // @ts-expect-error the argument is missing
  await socket.invoke('login');
  // @ts-expect-error no such procedure
  await socket.invoke('logout');

  await socket.transmit('typing', { room: 'x' });
  await socket.transmit('leave');
  // @ts-expect-error wrong payload
  await socket.transmit('typing', 5);
  // @ts-expect-error receivers of the client are not receivers of the server
  await socket.transmit('notice', 'x');

  for await (const notice of socket.receiver('notice')) {
    assertType<Equal<typeof notice, string>>();
  }
  // @ts-expect-error no such receiver
  socket.receiver('typing');

  for await (const request of socket.procedure('confirm')) {
    assertType<Equal<typeof request, AGRequest<AGClientSocket<ChatApi>, string, boolean>>>();
    request.end(true);
    // @ts-expect-error the result is a boolean
    request.end('yes');
  }

  const channel = socket.subscribe('room:1', { priority: 1 });
  for await (const message of channel) {
    assertType<Equal<typeof message, Message>>();
  }
  const lobby = await socket.channel('lobby').once();
  assertType<Equal<typeof lobby, string>>();
  await socket.transmitPublish('room:2', { text: 'x' });
  // @ts-expect-error wrong payload
  await socket.invokePublish('lobby', { text: 'x' });
  // @ts-expect-error no such channel
  socket.subscribe('elsewhere');

  for await (const event of socket.listener('authenticate')) {
    const name: string = event.authToken.name;
    void name;
  }
  for await (const { code, reason } of socket.listener('disconnect')) {
    assertType<Equal<typeof code, number>>();
    void reason;
  }
  const { id } = await socket.listener('connect').once();
  assertType<Equal<typeof id, string>>();
  const name: string | undefined = socket.authToken?.name;
  void name;
  // @ts-expect-error read-only
  socket.state = 'open';
}

export async function withoutContract(): Promise<void> {
  const options: ClientOptions = { port: 1 };
  const socket = create(options);
  const anything = await socket.invoke('any', { thing: 1 });
  anything.goes.here;
  await socket.transmit('any');
  await socket.transmit('any', 5, { ackTimeout: 5 });
  for await (const data of socket.receiver('any')) {
    data.whatever;
  }
  for await (const request of socket.procedure('any')) {
    request.end({ a: request.data.b });
  }
  for await (const data of socket.subscribe('any')) {
    data.whatever;
  }
  await socket.transmitPublish('any', 5);
  socket.authToken?.anything;
  // Events are typed all the same, and known by name.
  // @ts-expect-error no such event
  socket.listener('conect');
  // @ts-expect-error nor here
  socket.closeListener('conect');
  // @ts-expect-error it would send nothing: transmit() does
  socket.emit('say', 'hello');
  // @ts-expect-error the socket itself emits its events
  socket.emit('error', { error: new Error('mine') });
  const { error } = await socket.listener('error').once();
  void error;
  const state: 'connecting' | 'open' | 'closed' = socket.state;
  void state;
  assertType<Equal<typeof AGClientSocket.OPEN, 'open'>>();
}

/** A channel's name may come from somewhere: data is then what any channel of the contract carries. */
export async function withComputedChannels(id: string, either: 'lobby' | 'room:1'): Promise<void> {
  const socket = create<ChatApi>();
  for await (const message of socket.subscribe(id)) {
    assertType<Equal<typeof message, Message | string>>();
  }
  const latest = await socket.channel(id).once();
  assertType<Equal<typeof latest, Message | string>>();
  const inRoom = await socket.channel(`room:${id}`).once();
  assertType<Equal<typeof inRoom, Message>>();
  const inEither = await socket.channel(either).once();
  assertType<Equal<typeof inEither, Message | string>>();
  await socket.transmitPublish(id, 'hello');
  await socket.invokePublish(id, { text: 'hello' });
  await socket.subscribe(id).transmitPublish({ text: 'hello' });
  // @ts-expect-error no channel carries that
  await socket.transmitPublish(id, 5);
  // @ts-expect-error no such channels
  socket.channel(`group:${id}`);
  // @ts-expect-error no such channel
  socket.channel('elsewhere');
}

/** Events of the application's own have a section. */
export async function withOwnEvents(): Promise<void> {
  const socket = create<{ events: { idle: { sinceMs: number }; bye: undefined } }>();
  const idle = await socket.listener('idle').once();
  assertType<Equal<typeof idle, { sinceMs: number }>>();
  const { code } = await socket.listener('close').once();
  assertType<Equal<typeof code, number>>();
  socket.emit('idle', { sinceMs: 5 });
  socket.emit('bye');
  socket.killListener('idle');
  // @ts-expect-error the data is checked
  socket.emit('idle', 5);
  // @ts-expect-error not declared
  socket.emit('say');
  // @ts-expect-error the socket itself emits its events
  socket.emit('close', { code: 1000, reason: '' });
  // @ts-expect-error channels have no events of the application
  socket.channel('x').listener('idle');
  const anySocket: AGClientSocket = socket;
  void anySocket;
}

/** A contract that declares some sections only: the others stay open. */
export async function withPartOfAContract(): Promise<void> {
  const socket = create<{ channels: { lobby: string } }>();
  (await socket.invoke('anything', 1)).goes;
  // @ts-expect-error no such channel
  socket.subscribe('elsewhere');
  assertType<Equal<ReturnType<typeof socket.getState>, 'connecting' | 'open' | 'closed'>>();
}

// A socket with a contract can be passed where any socket is wanted.
declare const typed: AGClientSocket<ChatApi>;
export const untyped: AGClientSocket = typed;

interface RoomApi {
  channels: { [room: `room:${string}`]: Message; [live: `live:${string}`]: number; lobby: string };
  presence: {
    [room: `room:${string}`]: { status: 'online' | 'typing'; x?: number };
    lobby: 'here';
  };
}

export async function presenceWithContract(): Promise<void> {
  const socket = create<RoomApi>();
  const { presence } = socket.subscribe('room:1', { presence: { status: 'online' } });
  assertType<
    Equal<typeof presence, ChannelPresence<{ status: 'online' | 'typing'; x?: number }>>
  >();
  await presence.enter({ status: 'typing' });
  presence.update({ x: 5 });
  // @ts-expect-error no such status
  presence.update({ status: 'gone' });
  // @ts-expect-error the state needs a status
  await presence.enter({ x: 5 });
  // @ts-expect-error the state needs a status
  socket.subscribe('room:2', { presence: {} });
  for (const { key, userId, state, joinedAt, connections } of presence.members.values()) {
    assertType<Equal<typeof key, string>>();
    assertType<Equal<typeof userId, string | undefined>>();
    assertType<Equal<typeof state.status, 'online' | 'typing'>>();
    assertType<Equal<typeof joinedAt, number>>();
    assertType<Equal<typeof connections, number>>();
  }
  // @ts-expect-error the map is read only
  presence.members.clear();
  for await (const { type, member } of presence.changes()) {
    assertType<Equal<typeof type, 'sync' | 'enter' | 'update' | 'leave' | 'count'>>();
    const status: 'online' | 'typing' | undefined = member?.state.status;
    void status;
  }
  for await (const change of presence.changes()) {
    if (change.type === 'leave') assertType<Equal<typeof change.member.key, string>>();
    if (change.type === 'sync') assertType<Equal<typeof change.members.size, number>>();
  }
  socket.channel('lobby').presence.update('here');
  // @ts-expect-error nobody is a member of this channel
  socket.subscribe('live:1', { presence: 5 });
  // @ts-expect-error nobody is a member of this channel
  await socket.channel('live:1').presence.enter({ status: 'online' });
}

export function presenceWithoutContract(): void {
  const { presence } = create().subscribe('any', { presence: { anything: 1 } });
  presence.update({ other: 2 });
  presence.members.get('x')?.state.whatever;
}

interface StreamApi {
  procedures: {
    login(data: { name: string }): { id: string };
    ticks(query: { symbol: string }): AsyncIterable<{ price: number }>;
    beat(): AsyncGenerator<number, string>;
    upload(meta: { name: string }, body: AsyncIterable<string>): Promise<{ bytes: number }>;
    shout(prefix: string, body: AsyncIterable<string>): AsyncIterable<string>;
  };
  clientProcedures: { lines(since: number): AsyncIterable<string> };
}

export async function streams(body: AsyncIterable<string>, numbers: AsyncIterable<number>) {
  const socket = create<StreamApi>();
  for await (const tick of socket.stream('ticks', { symbol: 'A' }, { timeout: 5 })) {
    assertType<Equal<typeof tick, { price: number }>>();
  }
  for await (const beat of socket.stream('beat')) assertType<Equal<typeof beat, number>>();
  const { bytes } = await socket.invoke('upload', { name: 'a' }, { body });
  assertType<Equal<typeof bytes, number>>();
  socket.stream('shout', '!', { body });
  const resume = (last: { price: number } | undefined) => ({ symbol: `${last?.price}` });
  socket.stream('ticks', { symbol: 'A' }, { resume });
  // @ts-expect-error a stream is not invoked
  await socket.invoke('ticks', { symbol: 'A' });
  // @ts-expect-error a procedure of one answer is not a stream
  socket.stream('login', { name: 'Ann' });
  // @ts-expect-error no such procedure
  socket.stream('tics', { symbol: 'A' });
  // @ts-expect-error the query lacks a symbol
  socket.stream('ticks', {});
  // @ts-expect-error items of another type
  await socket.invoke('upload', { name: 'a' }, { body: numbers });
  // @ts-expect-error what resume makes is no query
  socket.stream('ticks', { symbol: 'A' }, { resume: () => 5 });
  for await (const request of socket.procedure('lines')) request.end(body);
  const untyped = create();
  for await (const item of untyped.stream('anything', 1, { resume: (last) => last })) void item.x;
  await untyped.invoke('anything', 1, { body: numbers });
}
