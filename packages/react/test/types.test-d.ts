// Checked by the compiler alone (`npm run check:types`).
import { create } from '@asyngular/client';
import { type ClientApi, contract } from '@asyngular/contract';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { createHooks } from '../src/index.js';
import { callOptions, streamOptions } from '../src/query.js';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function assertType<_Check extends true>(): void {}

interface ChatApi {
  procedures: {
    history(data: { room: string }): string[];
    now(): number;
    answer(question: string): AsyncIterable<{ word: string }>;
  };
  clientReceivers: { notice: string };
  clientProcedures: { confirm(question: string): boolean };
  channels: { [room: `room:${string}`]: { text: string; by: string }; 'price:ACME': number };
  publications: { [room: `room:${string}`]: { text: string }; 'price:ACME': never };
  presence: { [room: `room:${string}`]: { status: 'online' | 'typing' } };
  authToken: { name: string };
}

export function OfAnInterface({ id }: { id: string }) {
  const hooks = createHooks<ChatApi>();

  const room = hooks.useMessages(`room:${id}`, {
    rewind: 50,
    limit: 100,
    initial: [{ text: 'a', by: 'Ada' }],
    identify: ({ text }) => text,
  });
  assertType<Equal<(typeof room.messages)[number]['data'], { text: string; by: string }>>();
  assertType<Equal<typeof room.error, Error | null>>();
  room.publish({ text: 'hello' });
  // @ts-expect-error the server adds who it was
  room.publish({ text: 'hello', by: 'Ada' });
  room.reload([{ text: 'a', by: 'Ada' }]);
  // @ts-expect-error no such channel
  hooks.useMessages('rooms');
  // @ts-expect-error what arrives has a text
  hooks.useMessages('room:1', { initial: ['a'] });

  const price = hooks.useLatest('price:ACME', { initial: 1 });
  assertType<Equal<typeof price.data, number | undefined>>();
  // @ts-expect-error only the server publishes here
  price.publish(1);

  const people = hooks.usePresence('room:1', { status: 'online' });
  assertType<Equal<(typeof people.members)[number]['state'], { status: 'online' | 'typing' }>>();
  people.update({ status: 'typing' });
  // @ts-expect-error no such status
  hooks.usePresence('room:1', { status: 'gone' });

  hooks.useChannel('room:1', { onMessage: ({ by }) => by.length, skip: true });

  const answer = hooks.useStream('answer', 'Why?', { limit: 3 });
  assertType<Equal<(typeof answer.data)[number], { word: string }>>();
  // @ts-expect-error history answers once
  hooks.useStream('history', { room: '1' });

  hooks.useReceiver('notice', (text) => text.length);
  hooks.useProcedure('confirm', (question) => question.length > 0);
  hooks.useProcedure('confirm', async () => true);
  // @ts-expect-error the server expects yes or no
  hooks.useProcedure('confirm', () => 'yes');

  const { data } = hooks.useAuth();
  assertType<Equal<NonNullable<typeof data>['name'], string>>();

  const socket = hooks.useSocket();
  const history = useQuery(callOptions(socket, 'history', { room: id }));
  assertType<Equal<typeof history.data, string[] | undefined>>();
  const now = useQuery(callOptions(socket, 'now'));
  assertType<Equal<typeof now.data, number | undefined>>();
  // @ts-expect-error a room is a text
  callOptions(socket, 'history', { room: 1 });
  // @ts-expect-error a stream is no call
  callOptions(socket, 'answer', 'Why?');
  const words = useQuery(streamOptions(socket, 'answer', 'Why?'));
  assertType<Equal<typeof words.data, readonly { word: string }[] | undefined>>();

  // @ts-expect-error a socket of another contract
  hooks.SocketProvider({ socket: create<{ channels: { other: string } }>() });
}

const board = contract({
  procedures: { title: { data: z.string(), result: z.string(), errors: { Gone: z.number() } } },
  channels: {
    'board:{id}': { data: z.object({ x: z.number() }), presence: z.object({ n: z.number() }) },
  },
});

export function OfAContract() {
  const { useMessages, usePresence, useSocket } = createHooks<ClientApi<typeof board>>();
  const { messages } = useMessages('board:1');
  assertType<Equal<(typeof messages)[number]['data'], { x: number }>>();
  const { me } = usePresence('board:1', { n: 1 });
  assertType<Equal<NonNullable<typeof me>['state'], { n: number }>>();
  const title = useQuery(callOptions(useSocket(), 'title', 'a'));
  if (title.error?.name === 'Gone') title.error.message.length;
}

export function OfNothing() {
  const { useMessages, usePresence } = createHooks();
  const { messages } = useMessages('anything');
  messages[0]?.data.whatever.length;
  usePresence('anything', { any: 'state' }).update({ other: 1 });
}
