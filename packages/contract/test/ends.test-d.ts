import { type AGClientSocket, create, safe } from '@asyngular/client';
import { type AGServer, listen } from '@asyngular/server';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { type ClientApi, contract, type ServerApi } from '../src/index.js';

const User = z.object({ id: z.string() });

const chat = contract({
  procedures: {
    login: {
      data: z.object({ name: z.string().trim() }),
      result: User,
      errors: { NameTaken: z.object({ suggestion: z.string() }), Closed: z.undefined() },
    },
    ping: {},
  },
  receivers: { typing: z.string().transform((text) => text.length) },
  clientReceivers: { notice: z.string() },
  channels: {
    'room:{id}': { publish: z.string(), data: z.object({ text: z.string(), by: z.string() }) },
    rooms: { data: z.array(z.string()) },
    lobby: z.string().transform((text) => text.length),
  },
  authToken: User,
});

export async function server(): Promise<void> {
  const started = listen(8000, { contract: chat });
  expectTypeOf(started).toEqualTypeOf<AGServer<ServerApi<typeof chat>>>();
  started.handle('login', ({ name }, { fail }) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    if (name === '') throw fail('Closed');
    if (name === 'ann') throw fail('NameTaken', { suggestion: 'ann2' });
    // @ts-expect-error the data of the error are checked
    fail('NameTaken', { suggested: 'ann2' });
    // @ts-expect-error the data of the error are missing
    fail('NameTaken');
    // @ts-expect-error no such error
    fail('NameToken', { suggestion: 'ann2' });
    return { id: name };
  });
  started.handle('ping', async () => {});
  started.handleTransmit('typing', (length) => expectTypeOf(length).toEqualTypeOf<number>());
  started.use('inbound', (action) => {
    if (action.type !== 'publishIn') return;
    expectTypeOf(action.data).toEqualTypeOf<string | number>();
  });
  await started.exchange.transmitPublish('room:1', { text: 'hi', by: 'ann' });
  await started.exchange.transmitPublish('lobby', 'four');
  // @ts-expect-error the server publishes what arrives
  await started.exchange.transmitPublish('room:1', 'hi');
  for await (const length of started.exchange.subscribe('lobby')) {
    expectTypeOf(length).toEqualTypeOf<number>();
  }
  for await (const { socket } of started.listener('connection')) {
    expectTypeOf(socket.authToken?.id).toEqualTypeOf<string | undefined>();
    socket.transmit('notice', 'hello');
  }
  // More than schemas can say.
  listen<ServerApi<typeof chat> & { socketData: { visits: number } }>(8000, { contract: chat });
  // @ts-expect-error the contract is another one
  listen<{ procedures: { login(): number } }>(8000, { contract: chat });
  expectTypeOf(listen(8000)).toEqualTypeOf<AGServer<any>>();
  expectTypeOf(listen(8000, {})).toEqualTypeOf<AGServer<any>>();
}

export async function client(): Promise<void> {
  const socket = create<ClientApi<typeof chat>>();
  expectTypeOf(create({ contract: chat, validate: 'outgoing' })).toEqualTypeOf<
    AGClientSocket<ClientApi<typeof chat>>
  >();
  expectTypeOf(create()).toEqualTypeOf<AGClientSocket<any>>();
  expectTypeOf(await socket.invoke('login', { name: 'ann' })).toEqualTypeOf<{ id: string }>();
  await socket.invoke('ping');
  socket.transmit('typing', 'text');
  const room = socket.subscribe('room:1');
  room.transmitPublish('hi');
  for await (const { text, by } of room) expectTypeOf(text).toEqualTypeOf(by);
  // @ts-expect-error clients publish drafts
  room.transmitPublish({ text: 'hi', by: 'ann' });
  // @ts-expect-error only the server publishes there
  socket.subscribe('rooms').transmitPublish(['a']);
  // @ts-expect-error only the server publishes there
  socket.invokePublish('rooms', ['a']);

  const { error, data } = await safe(socket.invoke('login', { name: 'ann' }));
  if (error === null) {
    expectTypeOf(data).toEqualTypeOf<{ id: string }>();
  } else if (error.name === 'NameTaken') {
    expectTypeOf(error.data).toEqualTypeOf<{ suggestion: string }>();
  } else if (error.name === 'Closed') {
    expectTypeOf(error.data).toEqualTypeOf<undefined>();
  } else if (error.name === 'ValidationError') {
    expectTypeOf(error.issues[0]?.path).toEqualTypeOf<string | undefined>();
  } else {
    expectTypeOf(error.message).toEqualTypeOf<string>();
  }
  // @ts-expect-error the contract declares no such error
  if (error?.name === 'NameToken') return;

  const open = await safe(create().invoke('anything'));
  expectTypeOf(open.error).toBeAny();
  const any = await safe(Promise.resolve(5));
  if (any.error === null) expectTypeOf(any.data).toEqualTypeOf<number>();
}
