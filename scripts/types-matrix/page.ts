// A program for pages: it knows the DOM and nothing of Node.
import type { AGChannel } from '@asyngular/channels';
import {
  type AGClientSocket,
  type ChannelPresence,
  type ClientOptions,
  create,
  type PresenceMember,
  safe,
  version,
} from '@asyngular/client';
import { msgpackCodec } from '@asyngular/codec-msgpack';
import { type ClientApi, contract } from '@asyngular/contract';
import { TimeoutError } from '@asyngular/errors';
import { jsonCodec } from '@asyngular/protocol';
import { AsyncStreamEmitter, StreamDemux, WritableConsumableStream } from '@asyngular/streams';

interface ChatApi {
  procedures: { double: (value: number) => number };
  channels: { news: { text: string }; [room: `room:${string}`]: string };
  errors: { double: { TooLarge: { limit: number } } };
  presence: { [room: `room:${string}`]: { status: 'online' | 'typing'; at?: number } };
}

/** Every optional member may also be given as `undefined`, as variables of the environment are. */
type MaybeUndefined<Options> = { [Name in keyof Options]: Options[Name] | undefined };
declare const anyOptions: MaybeUndefined<ClientOptions>;
export const loose: ClientOptions = anyOptions;

export async function main(hostname: string | undefined): Promise<void> {
  const socket = create({ hostname, port: 8000, autoConnect: false });
  for await (const { error } of socket.listener('error')) {
    if (error instanceof TimeoutError) break;
  }
  const chat: AGClientSocket<ChatApi> = create<ChatApi>();
  const answer: number = await chat.invoke('double', 21);
  const { error: refused } = await safe(chat.invoke('double', answer));
  if (refused?.name === 'TooLarge') refused.data.limit.toFixed();
  const channel: AGChannel<{ text: string }> = chat.subscribe('news');
  for await (const { text } of channel) {
    if (text === version) break;
  }
  const consumer = chat.listener('connect').createConsumer(1_000);
  const { value, done } = await consumer.next();
  if (!done) jsonCodec.encode({ id: value.id, answer });
  consumer.return();
  chat.disconnect();
}

export async function whoIsHere(socket: AGClientSocket<ChatApi>): Promise<string[]> {
  const room = socket.subscribe('room:1', { presence: { status: 'online' } });
  const presence: ChannelPresence<{ status: 'online' | 'typing'; at?: number }> = room.presence;
  presence.update({ status: 'typing' });
  await presence.enter({ status: 'online', at: 1 });
  for await (const { type, member } of presence.changes()) {
    const status: 'online' | 'typing' | undefined = member?.state.status;
    if (type === 'sync' || status === 'typing') break;
  }
  return [...presence.members.values()].map(({ key }: PresenceMember) => key);
}

/** A schema as libraries make them, without one of them. */
declare const text: {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => { readonly value: string };
    readonly types?: { readonly input: string; readonly output: string } | undefined;
  };
};
export const greetings = contract({ procedures: { greet: { data: text, result: text } } });

export const greeter = create<ClientApi<typeof greetings>>({ codecEngine: msgpackCodec() });
export const greet = (name: string) => safe(greeter.invoke('greet', name));
export const lobby = greeter.subscribe('lobby');
export const whoIsThere = lobby.presence.changes();

export async function streams(): Promise<string[]> {
  const texts: string[] = [];
  const stream = new WritableConsumableStream<string>();
  for await (const text of stream) texts.push(text);
  const emitter = new AsyncStreamEmitter();
  emitter.emit('a', 1);
  const demux = new StreamDemux<string>();
  for await (const text of demux.stream('b')) texts.push(text);
  return texts;
}
