import { tracingChannel } from 'node:diagnostics_channel';
import { contract } from '@asyngular/contract';
import { parseOpenMetrics, sampleValue } from '@asyngular/test-utils/openmetrics';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { CallTrace, OutgoingCallTrace } from '../src/index.js';
import { answering } from './support/answering.js';
import { onCleanup, startWithClient, until } from './support/server.js';
import { endless } from './support/stream-client.js';
import { chunks, readAll, startPair } from './support/stream-pair.js';

type Server = Awaited<ReturnType<typeof startWithClient>>['server'];

/** How often each outcome came up that did, by procedure. */
async function outcomes(server: Server, family: string): Promise<Record<string, number>> {
  const samples = parseOpenMetrics(await server.metrics()).get(family)?.samples ?? [];
  return Object.fromEntries(
    samples
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => [`${labels.procedure} ${labels.outcome}`, value]),
  );
}

async function read(server: Server, name: string, labels?: Record<string, string>) {
  return sampleValue(parseOpenMetrics(await server.metrics()), name, labels);
}

/** The messages of calls that have ended. */
function ended<Message extends CallTrace | OutgoingCallTrace>(name: string): Message[] {
  const messages: Message[] = [];
  const { asyncEnd } = tracingChannel<unknown, Message>(name);
  const note = (message: unknown) => void messages.push(message as Message);
  asyncEnd.subscribe(note);
  onCleanup(() => void asyncEnd.unsubscribe(note));
  return messages;
}

const outgoing = 'asyngular_outgoing_calls';

describe('calls of the server to a client', () => {
  it('are counted, timed and traced by what became of them', async () => {
    const traced = ended<OutgoingCallTrace>('asyngular:server:outgoing-call');
    const { server, client, socket } = await startWithClient();
    await server.metrics();
    answering(client, {
      good: (data) => data,
      bad: () => {
        throw new Error('no');
      },
    });
    const leave = new AbortController();
    const calls = [
      socket.invoke('good', 1),
      socket.invoke('bad'),
      socket.invoke('unanswered', 1, { ackTimeout: 20 }),
      socket.invoke('unanswered', 2, { signal: leave.signal }),
      socket.invoke('unanswered', 3),
    ];
    leave.abort();
    await until(
      'the first four',
      () => traced.length === 4,
      () => traced.map((each) => each.outcome),
    );
    expect(await read(server, 'asyngular_outgoing_calls_in_flight')).toBe(1);
    client.terminate();
    await Promise.allSettled(calls);
    expect(await outcomes(server, outgoing)).toEqual({
      'other ok': 1,
      'other error': 1,
      'other timeout': 1,
      'other cancelled': 2,
    });
    expect(await read(server, 'asyngular_outgoing_calls_in_flight')).toBe(0);
    const took = 'asyngular_outgoing_call_duration_seconds_count';
    expect(await read(server, took, { procedure: 'other' })).toBe(5);
    expect(traced.map(({ procedure, outcome }) => `${procedure} ${outcome}`).sort()).toEqual([
      'bad error',
      'good ok',
      'unanswered cancelled',
      'unanswered cancelled',
      'unanswered timeout',
    ]);
    expect(traced.every((each) => each.server === server && each.socket === socket)).toBe(true);
    const errorOf = (wanted: string) => traced.find(({ outcome }) => outcome === wanted)?.error;
    expect(errorOf('error')).toMatchObject({ message: 'Error: no' });
    expect(errorOf('timeout')).toMatchObject({ name: 'TimeoutError' });
    expect(errorOf('cancelled')).toBeUndefined();
  });

  it('have names where the contract has them', async () => {
    const { server, client, socket } = await startWithClient({
      contract: contract({ clientProcedures: { ask: { data: z.number(), result: z.number() } } }),
    });
    answering(client, { ask: (data) => data });
    await socket.invoke('ask' as never, 1 as never);
    expect(await outcomes(server, outgoing)).toEqual({ 'ask ok': 1 });
  });

  it('that read streams last until those end, are left, or take too long', async () => {
    const traced = ended<OutgoingCallTrace>('asyngular:server:outgoing-call');
    const { server, client, socket } = await startPair();
    const { generate } = endless();
    for (const [name, answer] of [
      ['three', () => chunks(3)],
      ['endless', generate],
    ] as const) {
      void (async () => {
        for await (const request of client.procedure(name)) request.end(answer());
      })();
      await until(`the loop of ${name}`, () => client.getProcedureConsumerCount(name) === 1);
    }
    expect((await readAll(socket.stream('three'))).items).toEqual([1, 2, 3]);
    for await (const _item of socket.stream('endless')) break;
    const late = await readAll(socket.stream('endless', 0, { timeout: 30 }));
    expect(late.error).toMatchObject({ name: 'TimeoutError' });
    expect(await outcomes(server, outgoing)).toEqual({
      'other ok': 1,
      'other cancelled': 1,
      'other timeout': 1,
    });
    expect(traced.map(({ isStream }) => isStream)).toEqual([true, true, true]);
    expect(await read(server, 'asyngular_outgoing_calls_in_flight')).toBe(0);
  });

  it('that are the protocol’s own are none', async () => {
    const { server, client, socket } = await startWithClient();
    client.ws.on('message', (message) => {
      const { event, cid } = JSON.parse(String(message) || '{}');
      if (event === '#setAuthToken') client.send({ rid: cid });
    });
    await socket.setAuthToken({ name: 'Ann' });
    expect(await outcomes(server, outgoing)).toEqual({});
    expect(await read(server, 'asyngular_outgoing_calls_in_flight')).toBe(0);
  });
});

describe('an answer that an asynchronous schema refuses', () => {
  const never = z.string().refine(async (text) => text === 'good', 'is not good');

  it('is an internal failure, and one that it lets go is not', async () => {
    const traced = ended<CallTrace>('asyngular:server:call');
    const { server, client } = await startWithClient({
      contract: contract({ procedures: { say: { data: z.string(), result: never } } }),
    });
    server.handle('say', (text) => text);
    await client.request('say', 'good');
    const refused = await client.request('say', 'bad');
    expect(refused.error).toMatchObject({ name: 'InternalServerError' });
    expect(await outcomes(server, 'asyngular_calls')).toEqual({ 'say ok': 1, 'say internal': 1 });
    expect(await read(server, 'asyngular_calls_in_flight')).toBe(0);
    expect(traced.map(({ outcome }) => outcome)).toEqual(['ok', 'internal']);
    expect(traced[1]!.error).toMatchObject({ name: 'ValidationError' });
  });

  it('is one, too, when it is what a declared error says', async () => {
    const { server, client } = await startWithClient({
      contract: contract({
        procedures: { take: { data: z.string(), errors: { Taken: never } } },
      }),
    });
    server.handle('take', (text, { fail }: any) => {
      throw fail('Taken', text);
    });
    await client.request('take', 'good');
    await client.request('take', 'bad');
    expect(await outcomes(server, 'asyngular_calls')).toEqual({
      'take error': 1,
      'take internal': 1,
    });
  });

  it('is cancelled when the connection is lost before', async () => {
    let checks = 0;
    const held = z.string().refine(() => {
      checks++;
      return new Promise<boolean>(() => {});
    });
    const { server, client } = await startWithClient({
      contract: contract({ procedures: { say: { data: z.string(), result: held } } }),
    });
    server.handle('say', (text) => text);
    client.send(client.call('say', 'a'));
    await until('the check', () => checks > 0);
    expect(await read(server, 'asyngular_calls_in_flight')).toBe(1);
    client.terminate();
    await until('the end', () => server.clientsCount === 0);
    expect(await outcomes(server, 'asyngular_calls')).toEqual({ 'say cancelled': 1 });
    expect(await read(server, 'asyngular_calls_in_flight')).toBe(0);
  });
});
