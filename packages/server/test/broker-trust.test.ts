import { MemoryHub, memoryBroker } from '@asyngular/broker';
import type { RawClient } from '@asyngular/test-utils/raw-client';
import { describe, expect, it } from 'vitest';
import { collect, onCleanup, startServer, until } from './support/server.js';

// Clients get publications of other servers as these encoded them. Another program may write to the broker.

const publication = (channel: string, data: unknown) =>
  JSON.stringify({ event: '#publish', data: { channel, data } });

/** A server and a client subscribed to `channel`, beside a stranger on the same broker. */
async function startBesideStranger(channel: string) {
  const hub = new MemoryHub();
  const stranger = memoryBroker({ hub });
  stranger.start({ onMessage() {}, onEvent() {} });
  onCleanup(() => stranger.close());
  const started = await startServer({ broker: memoryBroker({ hub }) });
  const client = await started.open();
  await client.subscribe(channel);
  return { ...started, stranger, client };
}

function received(client: RawClient): unknown[] {
  return client.received.filter(({ event }) => event !== undefined);
}

/** What a stranger may try on channel `c`. */
const smuggled: [string, string | Uint8Array][] = [
  ['another packet', '{"event":"#kickOut","data":{"channel":"c","message":"bye"}}'],
  ['a token', '{"event":"#setAuthToken","data":{"token":"x"}}'],
  ['a batch', `[${publication('c', 1)},{"event":"#removeAuthToken"}]`],
  ['a publication of another channel', publication('d', 1)],
  [
    'an event that overrides',
    '{"event":"#publish","data":{"channel":"c","data":1},"event":"#kickOut"}',
  ],
  [
    'a channel that overrides',
    '{"event":"#publish","data":{"channel":"c","data":1,"channel":"d"}}',
  ],
  [
    'an event behind closed data',
    '{"event":"#publish","data":{"channel":"c","data":1}},"event":"#kickOut","data":{"a":{}}',
  ],
  ['brackets inside a string', '{"event":"#publish","data":{"channel":"c","data":"}}","x":{}}}'],
  ['an escaped quote', '{"event":"#publish","data":{"channel":"c","data":"\\"}}'],
  ['a call', '{"event":"#publish","data":{"channel":"c","data":1},"cid":7}'],
  ['an answer', '{"rid":1,"data":null}'],
  ['no data where data begin', '{"event":"#publish","data":{"channel":"c","data":}}'],
  ['a ping', ''],
  ['bytes of another packet', Buffer.from('{"event":"#kickOut","data":{"channel":"c"}}')],
  ['spaces before another packet', ' {"event":"#kickOut","data":{"channel":"c"}}'],
];

describe('a payload from the broker', () => {
  it.each(smuggled)('R11: is only ever a publication of its channel: %s', async (_, payload) => {
    const { stranger, client, warnings } = await startBesideStranger('c');
    await stranger.publish('c', payload);
    await stranger.publish('c', publication('c', 'genuine'));
    await until('the genuine one', () => received(client).length > 0);
    expect(received(client)).toEqual([
      { event: '#publish', data: { channel: 'c', data: 'genuine' } },
    ]);
    expect(client.closed).toBeUndefined();
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^Node .{16} of the broker sent something on the c channel that is not/,
      ),
    ]);
  });

  it('R11: warns of a flood of them once', async () => {
    const { stranger, client, warnings } = await startBesideStranger('c');
    for (let index = 0; index < 100; index++) await stranger.publish('c', 'nonsense');
    await stranger.publish('c', publication('c', 'genuine'));
    await until('the genuine one', () => received(client).length > 0);
    expect(warnings).toHaveLength(1);
  });

  const data: unknown[] = [
    undefined,
    null,
    0,
    '',
    '}}',
    '"\\',
    'a\\"b\\\\',
    [],
    [[1, '],['], { a: ',', b: { '}': ':' } }],
    { event: '#kickOut', data: { channel: 'c' }, '\u2028': '\ud800' },
  ];
  it.each(['c', '"', '\\', 'a\\n', '\n', '\ud800', 'grüße ☃ 😀', '', 'x"}}'])(
    'reaches subscribers of another server whatever it is, on channel %j',
    async (channel) => {
      const hub = new MemoryHub();
      const here = await startServer({ broker: memoryBroker({ hub }) });
      const there = await startServer({ broker: memoryBroker({ hub }) });
      const heard = collect<unknown>(there.server.exchange.subscribe(channel));
      for (const value of data) await here.server.exchange.transmitPublish(channel, value);
      await until('all of them', () => heard.length === data.length);
      expect(JSON.stringify(heard)).toBe(JSON.stringify(data));
      expect(there.warnings).toEqual([]);
    },
  );

  it('is decoded to be known when the codec is not JSON', async () => {
    const codecEngine = {
      encode: (value: unknown) => Buffer.from(`b${JSON.stringify(value)}`),
      decode: (message: string | Uint8Array) =>
        JSON.parse(Buffer.from(message).toString().slice(1)),
    };
    const hub = new MemoryHub();
    const stranger = memoryBroker({ hub });
    stranger.start({ onMessage() {}, onEvent() {} });
    const here = await startServer({ broker: memoryBroker({ hub }), codecEngine });
    const there = await startServer({ broker: memoryBroker({ hub }), codecEngine });
    const heard = collect<unknown>(there.server.exchange.subscribe('c'));
    await stranger.publish('c', codecEngine.encode({ event: '#kickOut', data: { channel: 'c' } }));
    await stranger.publish('c', Buffer.from('not this codec'));
    await here.server.exchange.transmitPublish('c', { genuine: true });
    await until('the genuine one', () => heard.length > 0);
    expect(heard).toEqual([{ genuine: true }]);
    expect(there.warnings).toHaveLength(1);
  });
});
