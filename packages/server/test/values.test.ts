import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { type AGClientSocket, create } from '@asyngular/client';
import { createJsonCodec } from '@asyngular/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typedValue } from '../../protocol/test/support/typed-values.js';
import type { AGServerOptions } from '../src/index.js';
import { collect, onCleanup, startServer, type TestServer, until } from './support/server.js';

// What survives between a server and its clients, and what clients without the extension `types` get in its place.

/** One of each kind. */
const values = {
  date: new Date(1_764_350_000_000),
  bytes: Uint8Array.of(104, 105),
  buffer: Uint8Array.of(104, 105).buffer,
  map: new Map<unknown, unknown>([['a', new Set([1, undefined])]]),
  big: 12n,
  odd: [Number.NaN, Number.POSITIVE_INFINITY, -0, undefined],
  tag: ['$date', 0],
};

/** The same for those who have never heard of it. */
const plain = {
  date: '2025-11-28T17:13:20.000Z',
  bytes: { base64: true, data: 'aGk=' },
  buffer: { base64: true, data: 'aGk=' },
  map: {},
  odd: [null, null, 0, null],
  tag: ['$date', 0],
};

type Options = Parameters<typeof create>[0];

function connect({ port }: Pick<TestServer, 'port'>, options?: Options): AGClientSocket {
  const client = create({ hostname: '127.0.0.1', port, ...(options as object) });
  onCleanup(() => client.disconnect());
  return client;
}

/** A client of ours, one whose application keeps to plain JSON, and one that names no extensions. */
async function startWithAll(options?: AGServerOptions) {
  const started = await startServer(options);
  const typed = connect(started);
  const untyped = connect(started, { codecEngine: createJsonCodec() });
  const old = await started.open();
  await until('both', () => [typed, untyped].every(({ state }) => state === 'open'));
  return { ...started, typed, untyped, old };
}

/** What comes on a channel from now on. */
async function follow(client: AGClientSocket, name: string): Promise<unknown[]> {
  const channel = client.subscribe(name);
  const seen = collect(channel);
  await channel.listener('subscribe').once(5_000);
  return seen;
}

/** Runs for everything that comes, until the stream ends. */
async function each<T>(stream: AsyncIterable<T>, run: (item: T) => void): Promise<void> {
  for await (const item of stream) run(item);
}

function failWith(members: object): never {
  throw Object.assign(new Error('refused'), members);
}

describe('between peers with the extension types', () => {
  it('P17.1 P17.6 values survive in calls, results, messages and errors of both ends', async () => {
    const { server, typed } = await startWithAll({ exposeErrors: true });
    const received: unknown[] = [];
    server.handle('echo', (data) => {
      received.push(data);
      return data;
    });
    server.handle('fail', (data) => failWith({ data }));
    expect(await typed.invoke('echo', values)).toStrictEqual(values);
    await expect(typed.invoke('fail', values)).rejects.toMatchObject({ data: values });
    const notes = collect(typed.receiver('note'));
    void each(typed.procedure('echo'), (request: any) => request.end(request.data));
    void each(typed.procedure('fail'), (request: any) => request.error({ message: 'no', values }));
    const socket = server.clients[typed.id!]!;
    expect(await socket.invoke('echo', values)).toStrictEqual(values);
    await expect(socket.invoke('fail')).rejects.toMatchObject({ values });
    void socket.transmit('note', values);
    await until('the note', () => notes.length === 1);
    expect(notes).toStrictEqual([values]);
    expect(received).toStrictEqual([values]);
  });

  it('P17.2 any value survives in both directions, batched, too', async () => {
    const { server, typed } = await startWithAll();
    server.handle('echo', (data) => data);
    typed.startBatching();
    await fc.assert(
      fc.asyncProperty(typedValue, async (value) => {
        const answers = [typed.invoke('echo', value), typed.invoke('echo', [value])];
        typed.flushBatch();
        expect(await Promise.all(answers)).toStrictEqual([value, [value]]);
      }),
      { numRuns: 50 },
    );
  });

  it('P17.1 a clone of the data keeps its types, on both ends', async () => {
    const started = await startServer({ cloneData: true });
    started.server.handle('echo', (data) => data);
    const client = connect(started, { cloneData: true });
    expect(await client.invoke('echo', values)).toStrictEqual(values);
  });

  it('P17.4 closes a client that sends what takes too long to read', async () => {
    const { server, warnings, connect: dial } = await startServer();
    const client = dial();
    await client.opened();
    await client.request('#handshake', { authToken: null, ext: { types: {} } });
    client.transmit('a', ['$set', Array.from({ length: 1_001 }, (_, index) => index)]);
    expect((await client.whenClosed()).code).toBe(1008);
    expect(warnings.map(({ message }) => message).join()).toContain('numbers as keys');
    expect(server.stats().limits.maxDepth).toBe(1);
  });
});

describe('a client without it', () => {
  it('P17.1 gets and sends what it did before, while others have types', async () => {
    const { server, typed, untyped, old } = await startWithAll({ exposeErrors: true });
    const { big, ...others } = values;
    server.handle('others', () => others);
    server.handle('all', () => values);
    server.handle('fail', () => failWith({ values }));
    server.handle('tag', (data) => [data, Array.isArray(data)]);
    expect((await old.request('others')).data).toStrictEqual(plain);
    expect(await untyped.invoke('others')).toStrictEqual(plain);
    await expect(untyped.invoke('all')).rejects.toThrow(/BigInt/);
    expect(await typed.invoke('all')).toStrictEqual(values);
    await expect(untyped.invoke('fail')).rejects.toMatchObject({
      values: { ...plain, big: '12', odd: ['NaN', 'Infinity', 0, null] },
    });
    expect((await old.request('tag', ['$date', 0])).data).toStrictEqual([['$date', 0], true]);
    expect(await untyped.invoke('tag', { at: new Date(0) })).toStrictEqual([
      { at: '1970-01-01T00:00:00.000Z' },
      false,
    ]);
  });

  it('P17.5 gets publications in its form', async () => {
    const { server, typed, untyped, old } = await startWithAll();
    const seen = [await follow(typed, 'news'), await follow(untyped, 'news')];
    await old.subscribe('news');
    const local = collect(server.exchange.subscribe('news'));
    await typed.invokePublish('news', values);
    await server.exchange.invokePublish('news', { a: 1 });
    await old.request('#publish', { channel: 'news', data: ['$date', 0] });
    await until('them', () => [...seen, local].every((list) => list.length === 3));
    const last = [{ a: 1 }, ['$date', 0]];
    expect([seen[0], local]).toStrictEqual([
      [values, ...last],
      [values, ...last],
    ]);
    expect(seen[1]).toStrictEqual([{ ...plain, big: '12' }, ...last]);
    const packets = old.received.filter(({ event }) => event === '#publish');
    expect(packets.map(({ data }) => data.data)).toStrictEqual(seen[1]);
  });

  it('P17.5 gets what others have said with a big integer as text, wherever it stands', async () => {
    const channels = { room: { history: {}, presence: true } } as const;
    const { server, typed, untyped, warnings } = await startWithAll({ channels });
    server.setMiddleware('outbound', async (actions) => {
      for await (const action of actions) action.allow({ data: { big: action.data } });
    });
    const room = untyped.subscribe('room');
    const seen = collect(room);
    const names = () => [...room.presence.members.values()].map(({ state }) => state);
    await typed.subscribe('room', { presence: 12n }).listener('subscribe').once(20_000);
    await until('the member', () => names().length === 1, names);
    expect(names()).toEqual(['12']);
    server.clients[untyped.id!]!.startBatching();
    await typed.invokePublish('room', 12n);
    await until('the publication', () => seen.length === 1);
    expect(seen).toEqual([{ big: '12' }]);
    expect((await room.history({ limit: 1 })).publications.map(({ data }) => data)).toEqual(['12']);
    expect(warnings).toEqual([]);
  });

  it('P17.5 gets a publication without data as any other client does', async () => {
    const { server, typed, untyped, old } = await startWithAll();
    const seen = [await follow(typed, 'news'), await follow(untyped, 'news')];
    await old.subscribe('news');
    await server.exchange.invokePublish('news', { toJSON: () => undefined });
    await server.exchange.invokePublish('news', 1);
    await until(
      'both',
      () => seen.every((list) => list.includes(1)),
      () => seen,
    );
    expect(seen).toStrictEqual([
      [undefined, 1],
      [undefined, 1],
    ]);
    const packets = old.received.filter(({ event }) => event === '#publish');
    expect(packets.map(({ data }) => data)).toStrictEqual([
      { channel: 'news' },
      { channel: 'news', data: 1 },
    ]);
  });
});

describe('between servers', () => {
  /** Two servers on one broker, each with its clients. */
  async function startTwo(options: AGServerOptions = {}, others: AGServerOptions = options) {
    const hub = new MemoryHub();
    const start = (given: AGServerOptions) =>
      startWithAll({ broker: memoryBroker({ hub }), ...given });
    return [await start(options), await start(others)] as const;
  }

  it('P17.5 publications keep their types, and every client gets its form', async () => {
    const [first, second] = await startTwo();
    const seen = [await follow(second.typed, 'news'), await follow(second.untyped, 'news')];
    const loop = collect(second.server.exchange.subscribe('news'));
    await first.typed.invokePublish('news', values);
    await first.old.request('#publish', { channel: 'news', data: ['$date', 0] });
    await until('them', () => [...seen, loop].every((list) => list.length === 2));
    const all = [values, ['$date', 0]];
    expect([seen[0], loop]).toStrictEqual([all, all]);
    expect(seen[1]).toStrictEqual([{ ...plain, big: '12' }, ['$date', 0]]);
  });

  it('P17.5 a server that does not know of types passes tags on, and is read as it meant it', async () => {
    const [knowing, older] = await startTwo({}, { codecEngine: createJsonCodec() });
    const [there, here] = [await follow(older.typed, 'news'), await follow(knowing.typed, 'news')];
    const plainHere = await follow(knowing.untyped, 'news');
    await knowing.typed.invokePublish('news', { at: values.date });
    await older.untyped.invokePublish('news', ['$date', 0]);
    await older.typed.invokePublish('news', { at: values.date });
    await until('them', () => [there, here, plainHere].every((list) => list.length === 3));
    const looksLikeTag = ['$date', 0];
    expect(here).toStrictEqual([{ at: values.date }, looksLikeTag, { at: plain.date }]);
    expect(plainHere).toStrictEqual([{ at: plain.date }, looksLikeTag, { at: plain.date }]);
    expect(there).toStrictEqual([
      { at: ['$date', 1_764_350_000_000] },
      looksLikeTag,
      { at: plain.date },
    ]);
    expect([...knowing.warnings, ...older.warnings]).toEqual([]);
  });

  it('P17.5 history and what is replayed keep their types', async () => {
    const channels = { log: { history: { size: 10 }, rewind: 10 } } as const;
    const [first, second] = await startTwo({ channels });
    await first.typed.invokePublish('log', values);
    const { big, ...others } = values;
    await first.server.exchange.invokePublish('log', others);
    const typed = second.typed.subscribe('log', { rewind: 10 });
    const untyped = second.untyped.subscribe('log', { rewind: 10 });
    const seen = [collect(typed), collect(untyped)];
    await until('the replay', () => seen.every((list) => list.length === 2));
    expect(seen[0]).toStrictEqual([values, others]);
    expect(seen[1]).toStrictEqual([{ ...plain, big: '12' }, plain]);
    const read = async (channel: typeof typed) =>
      (await channel.history({ limit: 1 })).publications.map(({ data }) => data);
    expect([await read(typed), await read(untyped)]).toStrictEqual([[others], [plain]]);
    const history = await second.server.exchange.history('log');
    expect(history.publications.map(({ data }) => data)).toStrictEqual([others, values]);
  });

  it('P17.5 states of presence keep their types, and a map is replaced as a whole', async () => {
    const channels = { room: { presence: true } } as const;
    const [first, second] = await startTwo({ channels });
    const here = first.typed.subscribe('room', { presence: values });
    const states = collect(second.typed.subscribe('room').presence.changes(), (change) =>
      change.type === 'sync' ? [...change.members.values()][0]?.state : change.member?.state,
    );
    await until(
      'the member',
      () => states.at(-1) !== undefined,
      () => states,
    );
    expect(states.at(-1)).toStrictEqual(values);
    for (const state of [new Map([['a', 1n]]), new Map([['a', 2n]]), new Date(0), new Date(1)]) {
      const before = states.length;
      here.presence.update(state);
      await until(
        'the update',
        () => states.length > before,
        () => states,
      );
      expect(states.at(-1)).toStrictEqual(state);
    }
  });
});
