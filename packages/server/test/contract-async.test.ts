import { contract, type Schema } from '@asyngular/contract';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { collect, startServer, startWithClient, type TestServer, until } from './support/server.js';

/** A schema of texts that is done with a text when the test says so. */
function heldSchema() {
  const held = new Map<string, () => void>();
  const schema: Schema = z.string().transform(async (text) => {
    await new Promise<void>((resolve) => held.set(text, resolve));
    return `${text}!`;
  });
  const release = async (text: string): Promise<void> => {
    await until(`the check of ${text}`, () => held.has(text));
    held.get(text)?.();
    held.delete(text);
  };
  return { schema, held, release };
}

/** The data of what a client has got. */
function messagesOf({ received }: Awaited<ReturnType<TestServer['open']>>): unknown[] {
  return received.filter(({ event }) => event).map(({ data }) => data);
}

describe('an asynchronous schema', () => {
  it('P1.10 holds the line of its socket, and of no other', async () => {
    const { schema, held, release } = heldSchema();
    const { server, open } = await startServer({
      contract: contract({ receivers: { slow: schema, fast: z.string() } }),
    });
    const got: unknown[] = [];
    server.handleTransmit('slow', (data) => void got.push(data));
    server.handleTransmit('fast', (data) => void got.push(data));
    const [client, other] = [await open(), await open()];
    client.transmit('slow', 'a');
    client.transmit('fast', 'b');
    await until('the check of a', () => held.has('a'));
    other.transmit('fast', 'c');
    await until('the message of the other', () => got.length === 1);
    await release('a');
    await until('all three', () => got.length === 3);
    expect(got).toEqual(['c', 'a!', 'b']);
  });

  it('that refuses answers as any other', async () => {
    const taken = z.string().refine(async (name) => name !== 'ann', 'is taken');
    const { server, client } = await startWithClient({
      contract: contract({ procedures: { login: { data: taken, result: z.string() } } }),
    });
    server.handle('login', (name) => name);
    const answers = [client.request('login', 'ann'), client.request('login', 'bea')];
    expect(await Promise.all(answers)).toMatchObject([
      { error: { name: 'ValidationError', issues: [{ path: '', message: 'is taken' }] } },
      { data: 'bea' },
    ]);
  });

  it('is left behind by a client that goes', async () => {
    const { schema, held, release } = heldSchema();
    const { server, client, socket, warnings } = await startWithClient({
      contract: contract({ procedures: { login: { data: schema } } }),
    });
    let calls = 0;
    server.handle('login', () => void calls++);
    client.send(client.call('login', 'a'));
    await until('the check of a', () => held.has('a'));
    client.terminate();
    await until('the end of the socket', () => socket.state === 'closed');
    await release('a');
    await new Promise((resolve) => setImmediate(resolve));
    expect({ calls, warnings }).toEqual({ calls: 0, warnings: [] });
  });

  it('changes no order of what the server sends', async () => {
    const { schema, held, release } = heldSchema();
    const { client, socket } = await startWithClient({
      contract: contract({
        clientReceivers: { slow: schema, fast: z.string() },
        clientProcedures: { ask: { data: z.string(), result: z.string() } },
      }),
    });
    socket.transmit('slow', 'a');
    socket.transmit('fast', 'b');
    const answer = socket.invoke('ask', 'c');
    socket.transmit('slow', 'd');
    socket.transmit('fast', 'e');
    await until('the checks', () => held.size === 2);
    // The later one is done first.
    await release('d');
    await release('a');
    const messages = () => client.received.filter(({ event }) => event);
    await until('all messages', () => messages().length === 5, messages);
    const asked = client.received.find(({ event }) => event === 'ask');
    client.send({ rid: asked.cid, data: 'yes' });
    expect(await answer).toBe('yes');
    const sent = client.received.filter(({ event }) => event).map(({ data }) => data);
    expect(sent).toEqual(['a!', 'b', 'c', 'd!', 'e']);
  });

  it('that refuses lets nothing overtake what is still being checked', async () => {
    const { schema, release } = heldSchema();
    const bad = z.string().refine(async () => false);
    const { client, socket } = await startWithClient({
      contract: contract({
        clientReceivers: { slow: schema, bad, fast: z.string() },
      }),
    });
    const errors = collect(socket.listener('error'));
    socket.transmit('slow', 'a');
    socket.transmit('bad', 'b');
    await until('the error of b', () => errors.length === 1);
    socket.transmit('fast', 'c');
    await release('a');
    const received = () => client.received.filter(({ event }) => event);
    await until('both messages', () => received().length === 2, received);
    expect(received().map(({ data }) => data)).toEqual(['a!', 'c']);
  });

  it('changes no order of publications on a channel, and holds up no other', async () => {
    const { schema, release } = heldSchema();
    const { server, client } = await startWithClient({
      contract: contract({ channels: { slow: schema, 'free:{id}': z.string() } }),
    });
    for (const channel of ['slow', 'free:1']) await client.subscribe(channel);
    const { exchange } = server;
    const seen = collect(exchange.subscribe('slow'));
    const sent = [
      exchange.invokePublish('slow', 'a'),
      exchange.invokePublish('slow', 'b'),
      exchange.invokePublish('free:1', 'c'),
    ];
    await release('b');
    await release('a');
    await Promise.all(sent);
    await until('both', () => seen.length === 2);
    const published = () => client.received.filter(({ event }) => event === '#publish');
    await until('all three', () => published().length === 3);
    const arrived = published();
    expect(arrived.map(({ data }) => data.data)).toEqual(['c', 'a!', 'b!']);
    expect(seen).toEqual(['a!', 'b!']);
  });

  it('changes no order of what a user gets, and holds up no other user', async () => {
    const { schema, held, release } = heldSchema();
    let user = 'ada';
    const { server, open } = await startServer({
      userId: () => user,
      contract: contract({ clientReceivers: { slow: schema, fast: z.string() } }),
    });
    const ada = await open();
    user = 'bea';
    const bea = await open();
    const sent = [
      server.user('ada').transmit('slow', 'a'),
      server.user('ada').transmit('fast', 'b'),
      server.user('bea').transmit('fast', 'c'),
    ];
    await until('the check of a', () => held.has('a'));
    await until('the message of the other', () => messagesOf(bea).length === 1);
    await release('a');
    await Promise.all(sent);
    await until('both messages', () => messagesOf(ada).length === 2);
    expect([messagesOf(ada), messagesOf(bea)]).toEqual([['a!', 'b'], ['c']]);
  });

  it('that fails lets what comes after it go on', async () => {
    const fails = z.string().refine(async (text) => text !== 'bad');
    const { server, client, socket } = await startWithClient({
      contract: contract({ clientReceivers: { note: fails }, channels: { c: fails } }),
    });
    const errors = collect(socket.listener('error'), ({ error }) => error.name);
    const arrived = client.nextEvent('note');
    socket.transmit('note', 'bad');
    socket.transmit('note', 'good');
    expect((await arrived).data).toBe('good');
    await until('the error', () => errors.length === 1);
    const [bad, good] = [
      server.exchange.invokePublish('c', 'bad'),
      server.exchange.invokePublish('c', 'good'),
    ];
    await expect(bad).rejects.toMatchObject({ name: 'ValidationError' });
    await good;
  });
});

describe('an asynchronous schema that never answers', () => {
  const silent = z.string().refine(() => new Promise<boolean>(() => {}));

  it.each([
    ['what a client sends', { data: silent }],
    ['what a handler returns', { data: z.string(), result: silent }],
  ])('has failed after middlewareTimeout, and lets %s go on', async (_what, procedure) => {
    const { server, client, warnings } = await startWithClient({
      middlewareTimeout: 40,
      contract: contract({
        procedures: { slow: procedure, fast: { data: z.string(), result: z.string() } },
      }),
    });
    server.handle('slow', (data) => data);
    server.handle('fast', (data) => data);
    const answers = [client.request('slow', 'a'), client.request('fast', 'b')];
    expect(await Promise.all(answers)).toMatchObject([
      { error: { name: 'InternalServerError' } },
      { data: 'b' },
    ]);
    expect(warnings[0]?.message).toMatch(
      /^The (data|result) of slow could not be checked: .* within 40 ms \(middlewareTimeout\)/,
    );
    expect(server.stats()).toMatchObject({ invalidMessages: 0, limits: { middlewareTimeout: 1 } });
  });

  it('holds up neither the socket nor the channel that it publishes on', async () => {
    let isSilent = true;
    const schema = z.string().refine(() => (isSilent ? new Promise<boolean>(() => {}) : true));
    const { server, client } = await startWithClient({
      middlewareTimeout: 40,
      contract: contract({ channels: { c: { publish: z.string(), data: schema } } }),
    });
    const refused = await client.request('#publish', { channel: 'c', data: 'a' });
    expect(refused).toMatchObject({ error: { name: 'InternalServerError' } });
    const lost = server.exchange.invokePublish('c', 'b');
    await expect(lost).rejects.toMatchObject({ name: 'TimeoutError' });
    isSilent = false;
    expect(await client.request('#publish', { channel: 'c', data: 'd' })).not.toHaveProperty(
      'error',
    );
    await server.exchange.invokePublish('c', 'e');
  });
});

it('a synchronous schema keeps the turn: handlers have begun when the frame is read', async () => {
  const { server, client } = await startWithClient({
    contract: contract({ receivers: { note: z.string() } }),
  });
  const order: unknown[] = [];
  server.handleTransmit(
    'note',
    (data) => {
      order.push(data);
      void Promise.resolve().then(() => order.push(`after ${data}`));
    },
    { concurrency: 'parallel' },
  );
  client.send([
    { event: 'note', data: 'a' },
    { event: 'note', data: 'b' },
  ]);
  await until('both', () => order.length === 4);
  // A promise between packet and handler would let the first one finish before the second begins.
  expect(order).toEqual(['a', 'b', 'after a', 'after b']);
});
