// Checked by `tsc -p tsconfig.json`; never run.
import {
  AsyncStreamEmitter,
  type ConsumableStream,
  type Consumer,
  type DemuxedConsumableStream,
  StreamDemux,
  WritableConsumableStream,
} from '@asyngular/streams';
import { MessageStreams } from '@asyngular/streams/internal';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<_Proof extends true>(): void {}

interface Events {
  connect: { id: string };
  raw: string | undefined;
  quiet: undefined;
}

export async function emitters(): Promise<void> {
  const emitter = new AsyncStreamEmitter<Events>();
  const connect = emitter.listener('connect');
  expectType<Equal<typeof connect, DemuxedConsumableStream<{ id: string }>>>();
  const connected = await connect.once({ timeout: 10, signal: new AbortController().signal });
  expectType<Equal<typeof connected, { id: string }>>();
  for await (const value of connect) expectType<Equal<typeof value, { id: string }>>();

  emitter.emit('connect', { id: 'x' });
  // @ts-expect-error the data of a declared event is checked
  emitter.emit('connect', { id: 1 });
  // @ts-expect-error and required
  emitter.emit('connect');
  emitter.emit('quiet');
  emitter.emit('raw');

  // @ts-expect-error only declared events have names
  emitter.listener('custom');
  // @ts-expect-error and can be emitted
  emitter.emit('custom');
  // @ts-expect-error and ended
  emitter.killListener('custom');

  const loose = new AsyncStreamEmitter();
  loose.emit('anything', 1);
  const anything = await loose.listener('anything').once();
  expectType<Equal<typeof anything, any>>();
}

interface Receivers {
  typing: { room: string };
}
interface Procedures {
  login: { data: string };
}

export function sockets(): void {
  const socket = new MessageStreams<Events, Receivers, Procedures>();
  const typing = socket.receiver('typing');
  expectType<Equal<typeof typing, DemuxedConsumableStream<{ room: string }>>>();
  const login = socket.procedure('login');
  expectType<Equal<typeof login, DemuxedConsumableStream<{ data: string }>>>();
  // @ts-expect-error not in the contract
  socket.receiver('unknown');
  // @ts-expect-error not in the contract
  socket.closeProcedure('unknown');

  const own = new MessageStreams<Events, Receivers, Procedures, { mine: { n: number } }>();
  const mine = own.listener('mine');
  expectType<Equal<typeof mine, DemuxedConsumableStream<{ n: number }>>>();
  own.emit('mine', { n: 1 });
  // @ts-expect-error the data of an own event is checked
  own.emit('mine', { n: 'x' });
  // @ts-expect-error the socket itself emits its events
  own.emit('connect', { id: 'x' });

  const loose = new MessageStreams();
  const any = loose.receiver('anything');
  expectType<Equal<typeof any, DemuxedConsumableStream<any>>>();
}

export async function streams(): Promise<void> {
  const stream = new WritableConsumableStream<number>();
  const iterable: AsyncIterable<number> = stream;
  const consumer: Consumer<number> = stream.createConsumer(null);
  const alsoIterable: AsyncIterable<number> = consumer;
  const base: ConsumableStream<number> = new StreamDemux<number>().stream('x');
  const packet = await stream.next();
  if (packet.done !== true) expectType<Equal<typeof packet.value, number>>();
  for await (const value of consumer) expectType<Equal<typeof value, number>>();
  // @ts-expect-error the values of a stream are checked
  stream.write('text');
  // @ts-expect-error a demuxed stream is read-only
  base.write(1);
  void [iterable, alsoIterable];
}
