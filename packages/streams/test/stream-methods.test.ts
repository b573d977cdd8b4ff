import { AsyncStreamEmitter, type ConsumableStream } from '@asyngular/streams';
import { MessageStreams } from '@asyngular/streams/internal';
import { expect, test } from 'vitest';

const enumerable = (object: object): string[] => {
  const keys: string[] = [];
  for (const key in object) keys.push(key);
  return keys;
};

test.each<new () => AsyncStreamEmitter>([AsyncStreamEmitter, MessageStreams])(
  'the methods of %o are those of a class body: on the prototype, hidden and open to be overridden',
  (Owner) => {
    const owner = new Owner();
    owner.listener('x').createConsumer();
    expect(enumerable(owner)).toEqual([]);
    expect(Object.getOwnPropertyDescriptor(AsyncStreamEmitter.prototype, 'closeListener')).toEqual({
      value: expect.any(Function),
      enumerable: false,
      configurable: true,
      writable: true,
    });
  },
);

test('a subclass overrides them and reaches the original through super', () => {
  class Counting extends AsyncStreamEmitter {
    killed: string[] = [];
    override killListener(event: string): void {
      this.killed.push(event);
      super.killListener(event);
    }
  }
  const emitter = new Counting();
  const consumer = emitter.listener('x').createConsumer();
  emitter.removeListener('x');
  expect(emitter.killed).toEqual(['x']);
  expect(consumer.isAlive).toBe(false);
});

test('before anything was read they answer for nobody', () => {
  const socket = new MessageStreams();
  socket.closeAllReceivers();
  socket.killProcedure('x');
  socket.killReceiverConsumer(1);
  expect(socket.getAllListenersBackpressure()).toBe(0);
  expect(socket.getReceiverConsumerStats(1)).toBeUndefined();
  expect(socket.getProcedureConsumerStatsList('x')).toEqual([]);
  expect(socket.hasAnyReceiverConsumer(1)).toBe(false);
});

type Call = (...args: unknown[]) => unknown;

test.each(['Listener', 'Receiver', 'Procedure'])(
  'each method of the %s family applies to its own kind of stream',
  (one) => {
    const socket = new MessageStreams();
    const call = (method: string, ...args: unknown[]) =>
      (socket as unknown as Record<string, Call>)[method]?.(...args);
    const create = (family: string) =>
      (call(family.toLowerCase(), 'x') as ConsumableStream).createConsumer();
    const others = ['Listener', 'Receiver', 'Procedure'].filter((family) => family !== one);
    const foreign = others.map(create);
    const own = create(one);
    const stats = { id: 1, backpressure: 2, stream: 'x' };

    call(`close${one}`, 'x');
    expect(call(`get${one}Backpressure`, 'x')).toBe(1);
    call(`closeAll${one}s`);
    expect(call(`getAll${one}sBackpressure`)).toBe(2);
    expect(call(`get${one}ConsumerBackpressure`, 1)).toBe(2);
    expect(call(`get${one}ConsumerStats`, 1)).toEqual(stats);
    expect(call(`get${one}ConsumerStatsList`, 'x')).toEqual([stats]);
    expect(call(`get${one}ConsumerStatsList`, 'y')).toEqual([]);
    expect(call(`getAll${one}sConsumerStatsList`)).toEqual([stats]);
    expect(call(`get${one}ConsumerCount`, 'x')).toBe(1);
    expect(call(`get${one}ConsumerCount`, 'y')).toBe(0);
    expect(call(`getAll${one}sConsumerCount`)).toBe(1);
    expect(call(`has${one}Consumer`, 'x', 1)).toBe(true);
    expect(call(`has${one}Consumer`, 'y', 1)).toBe(false);
    expect(call(`hasAny${one}Consumer`, 1)).toBe(true);
    call(`kill${one}Consumer`, 1);
    expect(own.isAlive).toBe(false);
    for (const method of [`kill${one}`, `killAll${one}s`]) {
      const victim = create(one);
      call(method, 'x');
      expect([method, victim.isAlive]).toEqual([method, false]);
    }
    expect(foreign.map((consumer) => [consumer.isAlive, consumer.getBackpressure()])).toEqual([
      [true, 0],
      [true, 0],
    ]);
  },
);
