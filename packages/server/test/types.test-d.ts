import type { IncomingMessage } from 'node:http';
import type { PresenceMember } from '@asyngular/channels';
import type { WritableConsumableStream } from '@asyngular/streams';
import { expectTypeOf } from 'vitest';
import {
  AGAction,
  type AGServerSocket,
  listen,
  type ProcedureContext,
  type PublishInAction,
  type SubscribeAction,
  type TransmitAction,
} from '../src/index.js';

interface ChatApi {
  procedures: { login(data: { name: string }): { id: string }; ping(): void };
  receivers: { typing: { room: string } };
  clientProcedures: { confirm(question: string): boolean };
  clientReceivers: { notice: string };
  channels: { [room: `room:${string}`]: { text: string }; lobby: string };
  authToken: { name: string };
}

export async function typed(): Promise<void> {
  const server = listen<ChatApi>(0);
  for await (const { socket, id, isAuthenticated } of server.listener('connection')) {
    expectTypeOf(id).toEqualTypeOf<string>();
    expectTypeOf(isAuthenticated).toEqualTypeOf<boolean>();
    expectTypeOf(socket).toEqualTypeOf<AGServerSocket<ChatApi>>();
    expectTypeOf(socket.authToken?.name).toEqualTypeOf<string | undefined>();

    for await (const request of socket.procedure('login')) {
      expectTypeOf(request.data).toEqualTypeOf<{ name: string }>();
      request.end({ id: '1' });
      // @ts-expect-error the result type is checked
      request.end({ id: 1 });
    }
    // @ts-expect-error no such procedure
    socket.procedure('logout');
    for await (const data of socket.receiver('typing')) {
      expectTypeOf(data).toEqualTypeOf<{ room: string }>();
    }
    expectTypeOf(await socket.invoke('confirm', 'sure?')).toEqualTypeOf<boolean>();
    // @ts-expect-error the data type is checked
    socket.invoke('confirm', 1);
    socket.transmit('notice', 'text');
    // @ts-expect-error no such receiver
    socket.transmit('other', 'text');
    socket.setAuthToken({ name: 'ann' }, { expiresIn: '1h' });
    // @ts-expect-error the token's type is checked
    socket.setAuthToken({ nome: 'ann' });
    for await (const { code } of socket.listener('disconnect')) {
      expectTypeOf(code).toEqualTypeOf<number>();
    }
  }

  const ada = server.user('ada');
  expectTypeOf(ada.invoke('confirm', 'sure?')).toEqualTypeOf<Promise<boolean>>();
  ada.transmit('notice', 'text', { timeoutMs: 5 });
  // @ts-expect-error no such receiver
  ada.transmit('other', 'text');
  // @ts-expect-error the data type is checked
  ada.invoke('confirm', 1);
  // @ts-expect-error no such option
  server.fleet.sockets({ users: 'ada' });

  server.handle('login', async ({ name }, { socket, signal }) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(socket).toEqualTypeOf<AGServerSocket<ChatApi>>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    return { id: name };
  });
  // @ts-expect-error the result type is checked
  server.handle('login', () => 5);
  server.handleTransmit('typing', ({ room }) => {
    expectTypeOf(room).toEqualTypeOf<string>();
  });

  server.setMiddleware('inbound', async (stream) => {
    for await (const action of stream) {
      if (action.type === 'subscribe')
        expectTypeOf(action.channel).toEqualTypeOf<`room:${string}` | 'lobby'>();
      if (action.type === 'transmit') expectTypeOf(action.data).toEqualTypeOf<{ room: string }>();
      if (action.type === 'authenticate')
        expectTypeOf(action.authToken.name).toEqualTypeOf<string>();
      // @ts-expect-error not an action of this line
      if (action.type === 'publishOut') action.allow();
      action.allow();
    }
  });

  server.exchange.transmitPublish('lobby', 'text');
  // @ts-expect-error the payload type is checked
  server.exchange.transmitPublish('room:1', 'text');
  for await (const message of server.exchange.subscribe('room:1')) {
    expectTypeOf(message).toEqualTypeOf<{ text: string }>();
  }
}

export async function untyped(): Promise<void> {
  const server = listen(0);
  for await (const { socket } of server.listener('connection')) {
    for await (const request of socket.procedure('anything')) {
      expectTypeOf(request.data).toBeAny();
      request.end(1);
    }
    socket.transmit('x');
    socket.transmit('x', 1);
    expectTypeOf(await socket.invoke('y', {}, { ackTimeout: 5 })).toBeAny();
    socket.setAuthToken({ anything: 1 });
  }
  server.exchange.transmitPublish('c', 1);
  server.handle('p', (data) => data);
}

/** Middleware: every line's actions narrow by `type`, and carry the contract's names and payloads. */
export function actions(): void {
  const server = listen<ChatApi>(0);

  server.setMiddleware('handshake', async (stream) => {
    for await (const action of stream) {
      expectTypeOf(action.type).toEqualTypeOf<'handshakeWS' | 'handshakeAG'>();
      expectTypeOf(action.request).toEqualTypeOf<IncomingMessage>();
      if (action.type === 'handshakeWS') {
        // @ts-expect-error there is no socket yet
        action.socket;
      } else {
        expectTypeOf(action.socket).toEqualTypeOf<AGServerSocket<ChatApi>>();
        expectTypeOf(action.data.authToken?.name).toEqualTypeOf<string | undefined>();
        expectTypeOf(action.data.authTokenError).toEqualTypeOf<Error | null>();
        expectTypeOf(action.data.signedAuthToken).toEqualTypeOf<string | null>();
      }
    }
  });

  server.setMiddleware('inboundRaw', async (stream) => {
    for await (const action of stream) {
      expectTypeOf(action.type).toEqualTypeOf<'message'>();
      expectTypeOf(action.data).toEqualTypeOf<string | Buffer>();
    }
  });

  server.setMiddleware(server.MIDDLEWARE_INBOUND, async (stream) => {
    for await (const action of stream) {
      expectTypeOf(action.socket).toEqualTypeOf<AGServerSocket<ChatApi>>();
      expectTypeOf(action.authTokenExpiredError).toEqualTypeOf<Error | undefined>();
      switch (action.type) {
        case AGAction.TRANSMIT:
          expectTypeOf(action).toEqualTypeOf<TransmitAction<ChatApi>>();
          expectTypeOf(action.receiver).toEqualTypeOf<'typing'>();
          break;
        case AGAction.INVOKE:
          expectTypeOf(action.procedure).toEqualTypeOf<'login' | 'ping'>();
          break;
        case 'subscribe':
          // @ts-expect-error a subscription has a channel, not a receiver
          action.receiver;
          break;
        case action.PUBLISH_IN:
          expectTypeOf(action.data).toEqualTypeOf<PublishInAction<ChatApi>['data']>();
          break;
        case 'authenticate':
          expectTypeOf(action.signedAuthToken).toEqualTypeOf<string>();
          break;
        default:
          // Nothing is left: a new kind of action would show here.
          expectTypeOf(action).toEqualTypeOf<never>();
      }
    }
  });

  server.setMiddleware('outbound', async (stream) => {
    for await (const action of stream) {
      expectTypeOf(action.type).toEqualTypeOf<'publishOut'>();
      expectTypeOf(action.channel).toEqualTypeOf<`room:${string}` | 'lobby'>();
      action.allow({ options: { useCache: true } });
      // @ts-expect-error the outcome is one of three
      if (action.outcome === 'refused') action.block();
    }
  });

  // @ts-expect-error no such line
  server.setMiddleware('sideways', async () => {});
}

/** `handle()` checks names, data and results; contexts and options are typed. */
export function handlers(): void {
  const server = listen<ChatApi>(0);
  const remove = server.handle('login', ({ name }) => ({ id: name }), { concurrency: 'parallel' });
  expectTypeOf(remove).toEqualTypeOf<() => void>();
  server.handle('ping', (data, context) => {
    expectTypeOf(data).toEqualTypeOf<undefined>();
    expectTypeOf(context).toEqualTypeOf<ProcedureContext<ChatApi, 'ping'>>();
    context.socket.transmit('notice', 'text');
  });
  // @ts-expect-error no such procedure
  server.handle('logout', () => {});
  // @ts-expect-error the result may not lack a member, in a promise neither
  server.handle('login', async () => ({}));
  // @ts-expect-error no such receiver
  server.handleTransmit('shouting', () => {});
  // @ts-expect-error serial or parallel
  server.handle('ping', () => {}, { concurrency: 'random' });
}

/** Events of server and socket, and the result of a request. */
export async function events(): Promise<void> {
  const server = listen<ChatApi>(0);
  const { socket, authError, pingTimeout } = await server.listener('connection').once();
  expectTypeOf(authError).toEqualTypeOf<Error | undefined>();
  expectTypeOf(pingTimeout).toEqualTypeOf<number>();
  server.use('inbound', (action) => {
    if (action.type !== 'publishIn') return;
    if (action.channel === 'lobby') expectTypeOf(action.data).toEqualTypeOf<string>();
    else expectTypeOf(action.data).toEqualTypeOf<{ text: string }>();
  });
  // @ts-expect-error the channel has data
  server.exchange.transmitPublish('lobby');
  server.exchange.transmitPublish('lobby', 'text');
  expectTypeOf(socket.data).toEqualTypeOf<{ [name: string]: any }>();
  expectTypeOf((await server.listener('warning').once()).warning).toEqualTypeOf<Error>();
  expectTypeOf((await server.listener('authentication').once()).authToken?.name).toEqualTypeOf<
    string | undefined
  >();
  expectTypeOf((await server.listener('closure').once()).socket).toEqualTypeOf<
    AGServerSocket<ChatApi>
  >();
  const state = await socket.listener('authStateChange').once();
  expectTypeOf(state.newAuthState).toEqualTypeOf<'authenticated' | 'unauthenticated'>();
  expectTypeOf(await socket.listener('end').once()).toEqualTypeOf<undefined>();
  // @ts-expect-error no such member in the payload
  (await socket.listener('disconnect').once()).message;

  const ping = await socket.procedure('ping').once();
  ping.end();
  // @ts-expect-error this procedure has no result
  ping.end('text');
  const login = await socket.procedure('login').once();
  expectTypeOf(login.socket).toEqualTypeOf<AGServerSocket<ChatApi>>();
  expectTypeOf(login.procedure).toEqualTypeOf<string>();
  login.error(new Error('no'));
  login.end({ id: '1' });
  // @ts-expect-error a member too few
  login.end({});
  expectTypeOf(socket.inboundMessageStream).toEqualTypeOf<
    WritableConsumableStream<string | Buffer>
  >();
}

/** Event names are strict on both, and own events have a section. */
export async function ownEvents(): Promise<void> {
  const plain = listen(0);
  const { socket: plainSocket } = await plain.listener('connection').once();
  // @ts-expect-error it would send nothing: transmit() does
  plainSocket.emit('say', 'hello');
  // @ts-expect-error no such event
  plainSocket.listener('disconect');
  // @ts-expect-error no such event of a server
  plain.listener('conection');
  // @ts-expect-error nor of its exchange
  plain.exchange.closeListener('publish');

  const server = listen<ChatApi & { events: { idle: { sinceMs: number } } }>(0);
  const { socket } = await server.listener('connection').once();
  socket.emit('idle', { sinceMs: 5 });
  server.emit('idle', { sinceMs: 5 });
  expectTypeOf(await socket.listener('idle').once()).toEqualTypeOf<{ sinceMs: number }>();
  // @ts-expect-error the data is checked
  socket.emit('idle', 5);
  // @ts-expect-error the socket itself emits its events
  socket.emit('error', { error: new Error('mine') });
}

/** Names of channels that come from somewhere need no cast, and `subscribe` actions are told apart by channel. */
export async function channels(name: string): Promise<void> {
  const server = listen<ChatApi>(0);
  for await (const message of server.exchange.subscribe(name)) {
    expectTypeOf(message).toEqualTypeOf<{ text: string } | string>();
  }
  server.exchange.transmitPublish(name, 'text');
  // @ts-expect-error no channel carries that
  server.exchange.transmitPublish(name, 5);
  // @ts-expect-error no such channel
  server.exchange.subscribe('elsewhere');
  await server.exchange.unsubscribe(name);

  const enterLobby = (action: SubscribeAction<ChatApi, 'lobby'>) => action.allow();
  const enterRoom = (action: SubscribeAction<ChatApi, `room:${string}`>) => action.allow();
  server.use('inbound', (action) => {
    if (action.type !== 'subscribe') return;
    if (action.channel === 'lobby') enterLobby(action);
    else enterRoom(action);
  });
}

interface StreamApi {
  procedures: {
    login(data: { name: string }): { id: string };
    ticks(query: { symbol: string }): AsyncIterable<{ price: number }>;
    upload(meta: { name: string }, body: AsyncIterable<string>): { bytes: number };
  };
  clientProcedures: {
    confirm(question: string): boolean;
    lines(since: number): AsyncIterable<string>;
  };
}

export async function streams(socket: AGServerSocket<StreamApi>): Promise<void> {
  const server = listen<StreamApi>(0);
  server.handle('ticks', async function* ({ symbol }, { signal, deadline }) {
    expectTypeOf(symbol).toEqualTypeOf<string>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(deadline).toEqualTypeOf<number | undefined>();
    yield { price: 1 };
  });
  server.handle(
    'upload',
    async (_meta, { body }) => {
      let bytes = 0;
      for await (const chunk of body) bytes += chunk.length;
      return { bytes };
    },
    { concurrency: 4 },
  );
  // @ts-expect-error the items lack a price
  server.handle('ticks', async function* () {
    yield { prize: 1 };
  });
  // @ts-expect-error one answer where a stream is declared
  server.handle('ticks', () => ({ price: 1 }));
  for await (const line of socket.stream('lines', 5)) expectTypeOf(line).toEqualTypeOf<string>();
  // @ts-expect-error a stream is not invoked
  await socket.invoke('lines', 5);
  // @ts-expect-error a procedure of one answer is not a stream
  socket.stream('confirm', 'Sure?');
}

interface RoomApi {
  channels: { [room: `room:${string}`]: string };
  presence: { [room: `room:${string}`]: { mood: 'good' | 'bad' } };
}

export async function presenceIsTyped(): Promise<void> {
  const server = listen<RoomApi>(0, {
    channels: { 'room:*': { presence: { accept: (socket, state) => socket.authToken && state } } },
  });
  const room = server.presence('room:1');
  expectTypeOf(room.members).toEqualTypeOf<
    ReadonlyMap<string, PresenceMember<{ mood: 'good' | 'bad' }>>
  >();
  const bot = room.enter('bot', { mood: 'good' });
  bot.update({ mood: 'bad' });
  // @ts-expect-error no such mood
  bot.update({ mood: 'odd' });
  // @ts-expect-error a state is whole
  room.enter('bot', {});
  for await (const change of server.exchange.presence('room:1').changes()) {
    if (change.type === 'update')
      expectTypeOf(change.member.state.mood).toEqualTypeOf<'good' | 'bad'>();
    else if (change.type === 'sync') expectTypeOf(change.count).toEqualTypeOf<number>();
  }
  server.use(
    'inbound',
    (action) => {
      expectTypeOf(action.data).toEqualTypeOf<{ mood: 'good' | 'bad' }>();
      expectTypeOf(action.channel).toEqualTypeOf<`room:${string}`>();
      return action.data.mood === 'good';
    },
    { actions: ['presence'] },
  );
}
