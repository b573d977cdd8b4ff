import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';
import { PublicError } from '@asyngular/protocol';
import { describe, expect, it } from 'vitest';
import type { CallTrace, TraceMessages } from '../src/index.js';
import { lastPlace, openRecovering, seenOn } from './support/recovery.js';
import { onCleanup, startServer, startWithClient, until } from './support/server.js';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The events of a channel, in order, with what its messages said at the time. */
function watch<Name extends keyof TraceMessages>(
  name: Name,
  onStart?: (message: TraceMessages[Name]) => void,
) {
  const channel = tracingChannel<unknown, TraceMessages[Name]>(name);
  const events: string[] = [];
  const messages = new Set<TraceMessages[Name]>();
  const note = (event: string) => (message: unknown) => {
    events.push(event);
    messages.add(message as TraceMessages[Name]);
    if (event === 'start') onStart?.(message as TraceMessages[Name]);
  };
  const subscribers = {
    start: note('start'),
    end: note('end'),
    asyncStart: note('asyncStart'),
    asyncEnd: note('asyncEnd'),
    error: note('error'),
  };
  channel.subscribe(subscribers);
  onCleanup(() => void channel.unsubscribe(subscribers));
  return { events, messages };
}

const whole = ['start', 'end', 'asyncStart', 'asyncEnd'];
const failed = ['start', 'end', 'error', 'asyncStart', 'asyncEnd'];

describe('the channel of calls', () => {
  it('follows each call to its answer, with its socket and its outcome', async () => {
    const { events, messages } = watch('asyngular:server:call');
    const { server, client, socket } = await startWithClient();
    server.handle('add', ([a, b]: [number, number]) => a + b);
    server.handle('fail', () => {
      throw new PublicError('no');
    });
    await client.request('add', [1, 2]);
    expect(events.splice(0)).toEqual(whole);
    await client.request('fail');
    expect(events.splice(0)).toEqual(failed);
    await client.request('nobody');
    expect(events).toEqual(failed);
    const [add, fail, nobody] = messages;
    expect(add).toMatchObject({
      procedure: 'add',
      isDeclared: true,
      isStream: false,
      outcome: 'ok',
      context: undefined,
    });
    expect(add!.socket).toBe(socket);
    expect(fail).toMatchObject({ outcome: 'error', error: { message: 'no' } });
    expect(nobody).toMatchObject({ isDeclared: false, outcome: 'unhandled' });
  });

  it('lets a subscriber run handlers, and each step of a stream, in a context of its own', async () => {
    const storage = new AsyncLocalStorage<string>();
    watch('asyngular:server:call', (message) => {
      const { run } = message;
      message.run = (work) => storage.run(message.procedure, () => run(work));
    });
    const seen: unknown[] = [];
    const { server, connect } = await startServer();
    server.handle('plain', async () => {
      await Promise.resolve();
      return storage.getStore();
    });
    server.handle('items', async function* () {
      try {
        yield storage.getStore();
        await Promise.resolve();
        yield storage.getStore();
      } finally {
        seen.push(storage.getStore());
      }
    });
    const client = connect();
    await client.opened();
    await client.request('#handshake', { authToken: null, ext: { stream: {}, cancel: {} } });
    expect(await client.request('plain')).toMatchObject({ data: 'plain' });
    client.send({ event: 'items', cid: 50, credit: 10 });
    await client.next('the end', (packet) => packet.end !== undefined);
    const items = client.received.flat().filter((packet) => packet.more !== undefined);
    expect(items.map(({ data }) => data)).toEqual(['items', 'items']);
    client.send({ event: 'items', cid: 51, credit: 1 });
    await client.next('the first item', (packet) => packet.rid === 51 && packet.more === 1);
    client.transmit('#cancel', { cid: 51 });
    await until('both to be over', () => seen.length === 2);
    expect(seen).toEqual(['items', 'items']);
  });

  it('P20.1 P20.2 says where its caller stands in a trace, if both have named the extension', async () => {
    const { server, connect } = await startServer();
    server.handle('ask', () => 'yes');
    const open = async (ext: object) => {
      const client = connect();
      await client.opened();
      const reply = await client.request('#handshake', { authToken: null, ext });
      return { client, ext: reply.data.ext };
    };
    expect((await open({ trace: {}, cancel: {} })).ext).toEqual({ cancel: {} });

    const { messages } = watch('asyngular:server:call');
    const traced = await open({ trace: {} });
    expect(traced.ext).toEqual({ trace: {} });
    const plain = await open({ cancel: {} });
    const context = { traceparent, tracestate: 'a=1' };
    const asked = [
      [traced, { ...context, baggage: 'secret' }],
      [traced, { traceparent }],
      [traced, { traceparent: 'no', tracestate: 'a=1' }],
      [traced, { traceparent, tracestate: 'x'.repeat(513) }],
      [traced, 'no'],
      [plain, context],
    ] as const;
    for (const [{ client }, trace] of asked) {
      const call = client.call('ask');
      const answer = client.response(call.cid);
      client.send({ ...call, trace });
      expect(await answer).toMatchObject({ data: 'yes' });
    }
    expect([...messages].map((message) => message.context)).toEqual([
      context,
      { traceparent },
      undefined,
      { traceparent },
      undefined,
      undefined,
    ]);
  });

  it('P20.3 hands nothing of it on: neither subscribers nor the log get it', async () => {
    const { server, connect, open } = await startServer({ channels: { log: { history: {} } } });
    const { messages } = watch('asyngular:server:publish');
    const publisher = connect();
    await publisher.opened();
    await publisher.request('#handshake', { authToken: null, ext: { trace: {} } });
    const subscriber = await open();
    await subscriber.subscribe('log');
    const publish = publisher.call('#publish', { channel: 'log', data: 1 });
    const answer = publisher.response(publish.cid);
    publisher.send({ ...publish, trace: { traceparent } });
    expect(await answer).not.toHaveProperty('error');
    await subscriber.settled();
    expect([...messages].map(({ context }) => context)).toEqual([{ traceparent }]);
    const { publications } = await server.exchange.history('log');
    expect(publications).toHaveLength(1);
    const delivered = subscriber.received.filter(({ event }) => event === '#publish');
    expect(delivered).toHaveLength(1);
    expect(JSON.stringify([publications, delivered])).not.toContain(traceparent);
  });

  it('follows a call that nobody answers to the end of its connection', async () => {
    const { events, messages } = watch('asyngular:server:call');
    const { server, client } = await startWithClient();
    server.handle('wait', () => new Promise(() => {}));
    client.send(client.call('wait'));
    await until('the call', () => events.length === 2);
    client.terminate();
    await until('its end', () => events.length === 4);
    expect(events).toEqual(whole);
    expect([...messages][0]).toMatchObject({ outcome: 'cancelled' });
  });
});

it('the channel of publications has those of clients and of the server, and their errors', async () => {
  const { events, messages } = watch('asyngular:server:publish');
  const { server, client, socket } = await startWithClient({
    channels: { 'room:*': {}, 'room:log': { history: {} } },
  });
  await client.request('#publish', { channel: 'room:1', data: 1 });
  client.transmit('#publish', { channel: 'news', data: 2 });
  await client.settled();
  await server.exchange.invokePublish('room:log', 3);
  expect(events.splice(0)).toEqual([...whole, ...whole, ...whole]);
  const told = [...messages].map(({ channel, pattern, socket: from }) => [channel, pattern, from]);
  expect(told).toEqual([
    ['room:1', 'room:*', socket],
    ['news', 'other', socket],
    ['room:log', 'room:log', undefined],
  ]);
  const circle: unknown[] = [];
  circle.push(circle);
  await expect(server.exchange.invokePublish('news', circle)).rejects.toThrow();
  expect(events).toEqual(failed);
});

it('the channel of handshakes says whether they were accepted', async () => {
  const { events, messages } = watch('asyngular:server:handshake');
  const { server, open, connect } = await startServer();
  await open();
  expect(events.splice(0)).toEqual(whole);
  server.use('handshake', (action) => (action.type === 'handshakeAG' ? false : undefined));
  const refused = connect();
  await refused.opened();
  await refused.request('#handshake', { authToken: null });
  await until('the end', () => events.length === 4);
  expect([...messages].map(({ isAccepted }) => isAccepted)).toEqual([true, false]);
});

it('the channel of recoveries follows a subscription until it has what it missed', async () => {
  const { events, messages } = watch('asyngular:server:recovery');
  const started = await startServer({ channels: { room: { history: {} } } });
  const { server } = started;
  const first = await openRecovering(started);
  const { data } = await first.request('#subscribe', { channel: 'room' });
  await server.exchange.invokePublish('room', 'a');
  await until('the first', () => seenOn(first).length === 1);
  const recover = `${data.position.split(':')[0]}:${lastPlace(first)}`;
  expect(events).toEqual([]);
  first.terminate();
  await server.exchange.invokePublish('room', 'b');
  const second = await openRecovering(started);
  await second.request('#subscribe', { channel: 'room', recover, away: 5 });
  await until('what was missed', () => seenOn(second).length === 1);
  await second.request('#unsubscribe', 'room');
  await second.request('#subscribe', { channel: 'room', recover: 'zzzz:1:0', away: 5 });
  expect(events).toEqual([...whole, ...whole]);
  expect([...messages].map(({ channel, outcome }) => [channel, outcome])).toEqual([
    ['room', 'recovered'],
    ['room', 'refused'],
  ]);
  expect(Object.values(server.clients)).toContain([...messages][0]!.socket);
});

it('a subscriber that throws harms nobody else', async () => {
  // Node reports what a subscriber throws as an uncaught exception of the process, and goes on.
  const errors: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => errors.push(error));
  onCleanup(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  });
  const channel = tracingChannel<unknown, CallTrace>('asyngular:server:call');
  const broken = () => {
    throw new Error('of the subscriber');
  };
  channel.start.subscribe(broken);
  onCleanup(() => void channel.start.unsubscribe(broken));
  const { server, client } = await startWithClient();
  server.handle('ask', () => 'yes');
  expect(await client.request('ask')).toMatchObject({ data: 'yes' });
  await until('the report', () => errors.length === 1);
});
