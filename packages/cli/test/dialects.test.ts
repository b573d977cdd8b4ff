import { describe, expect, it } from 'vitest';
import { dialects } from '../src/bench/dialects.js';
import { MessageReader } from '../src/bench/message-reader.js';

describe('the dialect of Asyngular and SocketCluster', () => {
  const { asyngular, 'socketcluster-1': oldest } = dialects;

  it('reads publications, answers, errors, batches and pings', () => {
    expect(asyngular.read('{"event":"#publish","data":{"channel":"a","data":{"n":1}}}')).toEqual([
      { type: 'publication', data: { n: 1 } },
    ]);
    expect(asyngular.read('[{"rid":1,"data":2},{"rid":2,"error":{"name":"AError"}}]')).toEqual([
      { type: 'answer', id: 1, data: 2 },
      { type: 'answer', id: 2, error: 'AError' },
    ]);
    expect(asyngular.read('{"event":"#setAuthToken","data":{}}')).toEqual([{ type: 'other' }]);
    expect(asyngular.read('')).toEqual([{ type: 'ping' }]);
    expect(oldest.read('#1')).toEqual([{ type: 'ping' }]);
    expect([asyngular.pong, oldest.pong]).toEqual(['', '#2']);
  });

  it('writes packets that are JSON, whatever the names hold', () => {
    expect(JSON.parse(asyngular.publish('a"b', '{"n":1}'))).toEqual({
      event: '#publish',
      data: { channel: 'a"b', data: { n: 1 } },
    });
    expect(JSON.parse(asyngular.call(3, 'e"cho', '[1]'))).toEqual({
      event: 'e"cho',
      data: [1],
      cid: 3,
    });
  });

  it('refuses a session without the token that was given', () => {
    expect(asyngular.refusal({ isAuthenticated: false }, null)).toBeUndefined();
    expect(asyngular.refusal({ isAuthenticated: true }, 'token')).toBeUndefined();
    expect(
      asyngular.refusal({ isAuthenticated: false, authError: { message: 'old' } }, 'token'),
    ).toMatch(/not accepted \(old\)/);
  });
});

describe('the dialect of Socket.IO', () => {
  const dialect = dialects['socket.io'];

  it('reads packets of Engine.IO and Socket.IO', () => {
    expect(dialect.read('2')).toEqual([{ type: 'ping' }]);
    expect(dialect.read('0{"sid":"x"}')).toEqual([{ type: 'other' }]);
    expect(dialect.read('40{"sid":"y"}')).toEqual([{ type: 'answer', id: 1 }]);
    expect(dialect.read('44{"message":"no"}')).toEqual([{ type: 'answer', id: 1, error: 'no' }]);
    expect(dialect.read('42["publish","a",{"n":1}]')).toEqual([
      { type: 'publication', data: { n: 1 } },
    ]);
    expect(dialect.read('4312[{"n":2}]')).toEqual([{ type: 'answer', id: 12, data: { n: 2 } }]);
    expect(dialect.read('42["hello"]')).toEqual([{ type: 'other' }]);
  });

  it('writes events that its server knows', () => {
    expect(dialect.open(1, null)).toBe('40');
    expect(dialect.open(1, 'jwt')).toBe('40{"token":"jwt"}');
    expect(dialect.subscribe(2, 'a')).toBe('422["subscribe","a"]');
    expect(dialect.publish('a', '{}')).toBe('42["publish","a",{}]');
    expect(dialect.call(7, 'echo', '{}')).toBe('427["echo",{}]');
  });
});

describe('the reader of a process', () => {
  it('reads the same text once, and survives what is not of the protocol', () => {
    const reader = new MessageReader(dialects.asyngular);
    const text = '{"rid":1,"data":2}';
    expect(reader.read(text)).toBe(reader.read(text));
    expect(reader.read('{')).toEqual([]);
    expect(reader.read('7')).toEqual([{ type: 'other' }]);
    expect(reader.read(text)).toHaveLength(1);
  });
});
