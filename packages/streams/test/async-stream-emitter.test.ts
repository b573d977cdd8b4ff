import { AsyncStreamEmitter } from '@asyngular/streams';
import { MessageStreams } from '@asyngular/streams/internal';
import { describe, expect, test } from 'vitest';
import { outcome, read } from './helpers/reading.js';

class Socket extends MessageStreams {
  readonly families = {
    Listener: (name: string, data: unknown) => this.emit(name, data),
    Receiver: (name: string, data: unknown) => this.writeToReceiver(name, data, 10),
    Procedure: (name: string, data: unknown) => this.writeToProcedure(name, data, 10),
  };
}

const families = {
  Listener: 'listener',
  Receiver: 'receiver',
  Procedure: 'procedure',
} as const;

/** The methods of one family under their common names; all three families have the same. */
function familyOf(socket: Socket, family: keyof typeof families) {
  const methods = socket as unknown as Record<string, (...args: unknown[]) => any>;
  const call = (name: string) => methods[name]?.bind(socket) as (...args: unknown[]) => any;
  return {
    write: socket.families[family],
    stream: call(families[family]),
    close: call(`close${family}`),
    closeAll: call(`closeAll${family}s`),
    kill: call(`kill${family}`),
    killAll: call(`killAll${family}s`),
    killConsumer: call(`kill${family}Consumer`),
    stats: call(`get${family}ConsumerStats`),
    statsList: call(`get${family}ConsumerStatsList`),
    allStats: call(`getAll${family}sConsumerStatsList`),
    count: call(`get${family}ConsumerCount`),
    allCount: call(`getAll${family}sConsumerCount`),
    backpressure: call(`get${family}Backpressure`),
    allBackpressure: call(`getAll${family}sBackpressure`),
    consumerBackpressure: call(`get${family}ConsumerBackpressure`),
    hasConsumer: call(`has${family}Consumer`),
    hasAnyConsumer: call(`hasAny${family}Consumer`),
  };
}

describe.each(['Listener', 'Receiver', 'Procedure'] as const)('the %s family', (family) => {
  test('answers with nothing before anybody listens', () => {
    const methods = familyOf(new Socket(), family);
    methods.write('x', 1);
    for (const end of [methods.close, methods.kill]) expect(end('x')).toBeUndefined();
    for (const end of [methods.closeAll, methods.killAll]) expect(end()).toBeUndefined();
    methods.killConsumer(1);
    expect(methods.stats(1)).toBeUndefined();
    expect(methods.statsList('x')).toEqual([]);
    expect(methods.allStats()).toEqual([]);
    expect([methods.count('x'), methods.allCount()]).toEqual([0, 0]);
    expect([methods.backpressure('x'), methods.allBackpressure()]).toEqual([0, 0]);
    expect(methods.consumerBackpressure(1)).toBe(0);
    expect([methods.hasConsumer('x', 1), methods.hasAnyConsumer(1)]).toEqual([false, false]);
  });

  test('reads and reports', async () => {
    const methods = familyOf(new Socket(), family);
    const consumer = methods.stream('x').createConsumer();
    methods.stream('y').createConsumer(50);
    methods.write('x', 'a');
    methods.write('x', 'b');
    methods.write('nobody', 'c');
    expect(methods.stats(1)).toEqual({ id: 1, backpressure: 2, stream: 'x' });
    expect(methods.statsList('y')).toEqual([{ id: 2, backpressure: 0, timeout: 50, stream: 'y' }]);
    expect(methods.allStats()).toHaveLength(2);
    expect([methods.count('x'), methods.allCount()]).toEqual([1, 2]);
    expect([methods.backpressure('x'), methods.backpressure('y')]).toEqual([2, 0]);
    expect([methods.allBackpressure(), methods.consumerBackpressure(1)]).toEqual([2, 2]);
    expect([methods.hasConsumer('x', 1), methods.hasConsumer('y', 1)]).toEqual([true, false]);
    expect(methods.hasAnyConsumer(2)).toBe(true);
    expect(await consumer.next()).toEqual({ value: 'a', done: false });
  });

  test('ends by name, by id and altogether', async () => {
    const methods = familyOf(new Socket(), family);
    const loops = ['a', 'b', 'c', 'd', 'e'].map((name) => read<string>(methods.stream(name)));
    for (const name of ['a', 'b', 'c', 'd']) methods.write(name, 'x');
    methods.kill('a');
    methods.close('b');
    methods.killConsumer(3);
    expect(methods.allCount()).toBe(3);
    methods.closeAll();
    await loops[3]?.done;
    methods.killAll();
    await Promise.all(loops.map(({ done }) => done));
    expect(loops.map(({ values }) => values)).toEqual([[], ['x'], [], ['x'], []]);
  });
});

describe('AsyncStreamEmitter', () => {
  test('an unheard error is dropped, and each event has one value', async () => {
    const emitter = new AsyncStreamEmitter();
    expect(() => emitter.emit('error', new Error('unheard'))).not.toThrow();
    const heard = emitter.listener('error').once();
    const error = new Error('heard');
    emitter.emit('error', error);
    expect(await heard).toBe(error);
  });

  test('removeListener ends its loops', async () => {
    const emitter = new AsyncStreamEmitter();
    const reading = read(emitter.listener('x'));
    emitter.removeListener('x');
    await reading.done;
    expect(reading.hasEnded).toBe(true);
  });

  test('waiting in one loop delays no other', async () => {
    const emitter = new AsyncStreamEmitter();
    void (async () => {
      for await (const _ of emitter.listener('slow')) await new Promise(() => {});
    })();
    emitter.emit('slow');
    emitter.emit('slow');
    const other = emitter.listener('x').once();
    emitter.emit('x', 1);
    expect(await outcome(other)).toBe(1);
  });

  test('the meter of a socket sees messages and requests, not events', () => {
    let bytes = 0;
    const socket = new Socket({
      meter: {
        add: (size) => {
          bytes += size;
        },
        remove: (size) => {
          bytes -= size;
        },
      },
    });
    socket.listener('x').createConsumer();
    socket.receiver('x').createConsumer();
    socket.procedure('x').createConsumer();
    for (const write of Object.values(socket.families)) write('x', 1);
    expect(bytes).toBe(20);
    socket.killAllReceivers();
    socket.killAllProcedures();
    expect(bytes).toBe(0);
  });

  test('a socket, its streams and their consumers can be printed as JSON', () => {
    const socket = new Socket();
    const consumers = [socket.receiver('x'), socket.listener('x')].map((stream) => [
      stream,
      stream.createConsumer(50),
    ]);
    expect(() => JSON.stringify([socket, consumers])).not.toThrow();
  });
});
