import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { type AGClientSocket, create } from '@asyngular/client';
import { msgpackCodec } from '@asyngular/codec-msgpack';
import { type Codec, createJsonCodec } from '@asyngular/protocol';
import { collect } from '@asyngular/test-utils/collect';
import { until } from '@asyngular/test-utils/wait';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typedValue } from '../../protocol/test/support/typed-values.js';
import { onCleanup, startServer, type TestServer } from '../../server/test/support/server.js';

/** What an application may give as `codecEngine`; without one, types survive. */
const codecs = {
  default: () => undefined,
  plain: () => createJsonCodec(),
  msgpack: () => msgpackCodec(),
} as const;

type Kind = keyof typeof codecs;
const kinds = Object.keys(codecs) as Kind[];

/** A connection speaks the best that both ends have. */
function spoken(client: Kind, server: Kind): 'msgpack' | 'typed' | 'plain' {
  if (client === 'plain' || server === 'plain') return 'plain';
  return client === 'msgpack' && server === 'msgpack' ? 'msgpack' : 'typed';
}

const at = new Date(0);
const values = { at, bytes: Uint8Array.of(1, 2), list: new Set(['a']), tag: ['$date', 0] };
const plain = {
  at: at.toISOString(),
  bytes: { base64: true, data: 'AQI=' },
  list: {},
  tag: ['$date', 0],
};

function connect({ port }: Pick<TestServer, 'port'>, codecEngine?: Codec): AGClientSocket {
  const client = create({ hostname: '127.0.0.1', port, codecEngine });
  onCleanup(() => client.disconnect());
  return client;
}

/** What comes on a channel from now on. */
async function follow(client: AGClientSocket, name: string): Promise<unknown[]> {
  const channel = client.subscribe(name);
  const seen = collect(channel);
  await channel.listener('subscribe').once(5_000);
  return seen;
}

const pairs = kinds.flatMap((client) => kinds.map((server) => [client, server] as const));

describe.each(pairs)('a client with codec %s and a server with codec %s', (client, server) => {
  const language = spoken(client, server);
  const expected = language === 'plain' ? plain : values;

  it(`P17.7 speak ${language}, in both directions`, async () => {
    const started = await startServer({ codecEngine: codecs[server](), exposeErrors: true });
    const received: unknown[] = [];
    started.server.handle('echo', (data) => {
      received.push(data);
      return values;
    });
    started.server.handle('fail', () => {
      throw Object.assign(new Error('refused'), values);
    });
    const socket = connect(started, codecs[client]());
    const messages = collect(socket.listener('message'), ({ message }) => message);
    expect(await socket.invoke('echo', values)).toStrictEqual(expected);
    expect(received).toStrictEqual([expected]);
    await expect(socket.invoke('fail')).rejects.toMatchObject({
      message: 'refused',
      at: expected.at,
    });
    await until('three messages', () => messages.length >= 3);
    const kindsOfMessages = messages.filter((message) => message !== '').map((m) => typeof m);
    const later = language === 'msgpack' ? 'object' : 'string';
    expect(kindsOfMessages).toEqual(['string', later, later]);

    const notes = collect(socket.receiver('note'));
    void (async () => {
      for await (const request of socket.procedure('ask')) request.end(request.data);
    })();
    const there = started.server.clients[socket.id!]!;
    void there.transmit('note', values);
    expect(await there.invoke('ask', values)).toStrictEqual(expected);
    expect(notes).toStrictEqual([expected]);
    expect(started.warnings.map(({ message }) => message)).toEqual(['refused']);
  });

  it('P17.5 takes and gives publications, raw messages and a new connection', async () => {
    const started = await startServer({ codecEngine: codecs[server]() });
    const socket = connect(started, codecs[client]());
    const seen = await follow(socket, 'news');
    await started.server.exchange.invokePublish('news', values);
    await socket.invokePublish('news', values);
    await until('both', () => seen.length === 2);
    expect(seen).toStrictEqual([expected, expected]);
    const raw = collect(
      started.server.clients[socket.id!]!.listener('raw'),
      ({ message }) => message,
    );
    socket.send('a text');
    await until('the text', () => raw.length === 1);
    expect(raw).toEqual(['a text']);
    socket.reconnect(1_000);
    await started.server.exchange.invokePublish('news', 'missed');
    await until('the subscription', () => socket.isSubscribed('news'));
    await socket.invokePublish('news', values);
    await until('the third', () => seen.length >= 3);
    expect(seen.at(-1)).toStrictEqual(expected);
  });
});

describe('a channel with clients of all kinds', () => {
  /** Counts what is encoded by name of the event. */
  function counting(): { codecEngine: Codec; published: () => number } {
    const codec = msgpackCodec();
    let count = 0;
    const codecEngine: Codec = {
      ...codec,
      encode(packet) {
        if ((packet as { event?: string }).event === '#publish') count++;
        return codec.encode(packet);
      },
    };
    return { codecEngine, published: () => count };
  }

  it('P17.5 encodes a publication once for each codec, over two servers', async () => {
    const hub = new MemoryHub();
    const [first, second] = [counting(), counting()];
    const start = (codecEngine?: Codec) =>
      startServer({ codecEngine, broker: memoryBroker({ hub }) });
    const servers = [
      await start(first.codecEngine),
      await start(second.codecEngine),
      await start(),
    ];
    const clients = servers.flatMap((server) =>
      [0, 1, 2].flatMap(() =>
        kinds.map((kind) => [kind, connect(server, codecs[kind]())] as const),
      ),
    );
    const seen = await Promise.all(clients.map(([, client]) => follow(client, 'news')));
    const [, publisher] = clients.find(([kind]) => kind === 'msgpack')!;
    await publisher.invokePublish('news', values);
    await publisher.invokePublish('news', 'plain text');
    await until('all', () => seen.every((list) => list.length === 2));
    clients.forEach(([kind], index) => {
      const expected = kind === 'plain' ? plain : values;
      expect(seen[index]).toStrictEqual([expected, 'plain text']);
    });
    expect([first.published(), second.published()]).toEqual([2, 2]);
  });

  it('P10.1 what one client sends harms nobody else', async () => {
    const started = await startServer({ codecEngine: msgpackCodec(), maxPayload: 100_000 });
    started.server.handle('echo', (data) => data);
    const [bad, good] = [connect(started, msgpackCodec()), connect(started, msgpackCodec())];
    expect(await Promise.all([bad.invoke('echo', 1), good.invoke('echo', 2)])).toEqual([1, 2]);
    const raw = collect(started.server.clients[bad.id!]!.listener('raw'), ({ message }) => message);
    const garbage = Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff);
    bad.send(garbage);
    await until('the raw message', () => raw.length === 1);
    expect([...(raw[0] as Buffer)]).toEqual([...garbage]);
    const closed = bad.listener('close').once(5_000);
    bad.send(new Uint8Array(5_000).fill(0x91, 0, 4_999));
    expect((await closed).code).toBe(1008);
    expect(await good.invoke('echo', 3)).toBe(3);
  });

  it('P17.8 any value survives, batched, too', async () => {
    const started = await startServer({ codecEngine: msgpackCodec() });
    started.server.handle('echo', (data) => data);
    const client = connect(started, msgpackCodec());
    client.startBatching();
    await fc.assert(
      fc.asyncProperty(typedValue, async (value) => {
        // A member of that name arrives under another one, as the README says.
        fc.pre(!Buffer.from(msgpackCodec().encode({ value }) as Uint8Array).includes('__proto__'));
        const answers = [client.invoke('echo', value), client.invoke('echo', [value])];
        client.flushBatch();
        expect(await Promise.all(answers)).toStrictEqual([value, [value]]);
      }),
      { numRuns: 50 },
    );
  });
});
