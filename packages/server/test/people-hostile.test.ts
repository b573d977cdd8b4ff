import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { describe, expect, it } from 'vitest';
import { ServerFleet } from '../src/fleet/server-fleet.js';
import type { FleetListener, FleetMembership, FleetTopic } from '../src/fleet/types.js';
import { LocalPeople, type PeopleOwner } from '../src/people/local-people.js';
import { PeopleQuestions } from '../src/people/people-questions.js';
import { type PeopleMessage, parsePeopleMessage } from '../src/people/people-requests.js';
import type { PersonSession } from '../src/people/people-sockets.js';
import { startServer, until } from './support/server.js';
import { sign } from './support/tokens.js';

// What other servers may send that is not what servers of this version send, and very much of it.

const place = { openedAt: 1, id: 'x' };

describe('a message about people', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['text', 'ask'],
    ['a question without a number', { request: { do: 'list', limit: 1 } }],
    ['a negative number', { ask: -1, request: { do: 'list', limit: 1 } }],
    ['a fraction', { ask: 1.5, request: { do: 'list', limit: 1 } }],
    ['no request', { ask: 1 }],
    ['an unknown request', { ask: 1, request: { do: 'shutdown' } }],
    ['a request named by the prototype', { ask: 1, request: { do: 'constructor' } }],
    ['a transmit without a user', { ask: 1, request: { do: 'transmit', name: 'n', data: '{}' } }],
    ['an empty user', { ask: 1, request: { do: 'transmit', user: '', name: 'n', data: '{}' } }],
    [
      'a packet of the protocol',
      { ask: 1, request: { do: 'transmit', user: 'a', name: '#setAuthToken', data: '{}' } },
    ],
    [
      'a call of the protocol',
      {
        ask: 1,
        request: { do: 'invoke', user: 'a', name: '#setAuthToken', data: '{}', timeoutMs: 1 },
      },
    ],
    [
      'data that is not a payload',
      { ask: 1, request: { do: 'transmit', user: 'a', name: 'n', data: {} } },
    ],
    [
      'an endless deadline',
      { ask: 1, request: { do: 'invoke', user: 'a', name: 'n', data: '{}', timeoutMs: 1e300 } },
    ],
    [
      'a deadline that is not a number',
      { ask: 1, request: { do: 'invoke', user: 'a', name: 'n', data: '{}', timeoutMs: '5' } },
    ],
    [
      'an illegal close code',
      { ask: 1, request: { do: 'disconnect', user: 'a', code: 1006, reason: '' } },
    ],
    [
      'a reason that is not text',
      { ask: 1, request: { do: 'disconnect', user: 'a', code: 1000, reason: {} } },
    ],
    [
      'a filter of a wrong type',
      { ask: 1, request: { do: 'disconnect', user: {}, code: 1000, reason: '' } },
    ],
    ['a list that is too long', { ask: 1, request: { do: 'list', limit: 1_001 } }],
    [
      'something that is not a place',
      { ask: 1, request: { do: 'list', limit: 1, after: { openedAt: 'x', id: 'y' } } },
    ],
    ['a long channel', { ask: 1, request: { do: 'list', limit: 1, channel: 'x'.repeat(1_001) } }],
    ['something that is not an answer', { re: 1, answer: 5 }],
    ['something that is not a count', { re: 1, answer: { count: 'many' } }],
    ['something that is not a socket', { re: 1, answer: { sockets: [{ id: 'x' }] } }],
    ['too many sockets', { re: 1, answer: { sockets: Array(1_001).fill({ ...place, since: 1 }) } }],
    ['something that is not a payload', { re: 1, answer: { payload: 5 } }],
  ])('is none: %s', (_what, value) => {
    expect(parsePeopleMessage(value)).toBeUndefined();
  });

  it('is what servers send, without what they do not send', () => {
    const request = { do: 'list', user: 'a', limit: 5, after: place };
    const parsed = parsePeopleMessage({ ask: 3, request: { ...request, more: 1 }, more: 2 });
    expect(parsed).toEqual({ ask: 3, request });
    const answer = { count: 2, sockets: [{ ...place, since: 7, userId: 'a' }], more: 5 };
    expect(parsePeopleMessage({ re: 3, answer })).toMatchObject({ re: 3, answer: { count: 2 } });
    expect(JSON.stringify(parsePeopleMessage({ re: 3, answer }))).not.toContain('more');
  });
});

/** A server of the fleet that says what it likes. */
async function rogue(hub: MemoryHub) {
  const broker = memoryBroker({ hub });
  const fleet = new ServerFleet(
    {
      broker,
      facts: () => ({ clients: 0, load: 0, version: '0.1.0', isDraining: false }),
      emitWarning: () => {},
    },
    { serverTimeoutMs: 900, lingerMs: 0 },
  );
  const heard: unknown[] = [];
  const topic = fleet.topic<unknown>('people', {
    parse: (value) => value,
    onMessage: (message) => heard.push(message),
  }) as FleetTopic<unknown>;
  void broker.start({
    onMessage: (lane, message) => fleet.receive(lane, message),
    onEvent: (event) => {
      if (event.type === 'status') fleet.onBrokerStatus(event.to);
    },
  });
  return { topic, heard, id: broker.node };
}

async function startBesideRogue() {
  const hub = new MemoryHub();
  const context = await startServer({
    broker: memoryBroker({ hub }),
    userId: ({ authToken }) => authToken?.sub,
  });
  const other = await rogue(hub);
  await until('them to find each other', () => context.server.fleet.servers().length === 2);
  return { ...context, other };
}

describe('a hostile server', () => {
  it('sends no packet of the protocol to anybody, nor a publication on another channel', async () => {
    const { open, other, warnings } = await startBesideRogue();
    const client = await open(sign({ sub: 'ada' }));
    await client.subscribe('#user');
    const publish = (channel: string) =>
      JSON.stringify({ event: '#publish', data: { channel, data: 'evil' } });
    const packet = JSON.stringify({ event: '#setAuthToken', data: { token: 'evil' } });
    for (const request of [
      { do: 'transmit', user: 'ada', name: '#setAuthToken', data: '{"data":{"token":"evil"}}' },
      { do: 'publish', user: 'ada', message: packet },
      { do: 'publish', user: 'ada', message: publish('bank') },
      { do: 'publish', user: 'ada', message: '{' },
      { do: 'transmit', user: 'ada', name: 'n', data: '{evil' },
      { do: 'kickOut', user: 'ada', channel: '#user', message: 'evil' },
    ]) {
      other.topic.sendToAll({ ask: 1, request });
    }
    await until('the answers', () => other.heard.length === 5);
    await client.settled();
    expect(JSON.stringify(client.received)).not.toContain('evil');
    expect(other.heard.every((message: any) => message.answer.error)).toBe(true);
    expect(warnings.map(String).join()).toContain('that is not a message of a server');
  });

  it('cannot answer for others, twice, or what was not asked', async () => {
    const { server, open, other } = await startBesideRogue();
    await open(sign({ sub: 'ada' }));
    const asked = server.user('ada').transmit('n', 1, { timeoutMs: 5_000 });
    await until('the question', () => other.heard.length === 1);
    const { ask } = other.heard[0] as { ask: number };
    for (const re of [ask + 1, ask, ask, 0]) other.topic.sendToAll({ re, answer: { count: 100 } });
    expect((await asked).connections).toBe(101);
  });

  it('that answers with nonsense is named, and one that floods holds nobody up', async () => {
    const { server, open, other, warnings } = await startBesideRogue();
    const client = await open(sign({ sub: 'ada' }));
    const asked = server.user('ada').transmit('n', 1, { timeoutMs: 300 });
    await until('the question', () => other.heard.length === 1);
    other.topic.sendToAll({ re: 1, answer: { count: -5 } });
    expect(await asked).toEqual({ connections: 1, unanswered: [other.id], isComplete: false });
    for (let ask = 0; ask < 30_000; ask++) {
      const request = {
        do: 'invoke',
        user: 'ada',
        name: 'x',
        data: '{"event":""}',
        timeoutMs: 60_000,
      };
      other.topic.sendToAll({ ask, request });
    }
    await until('the limit', () =>
      other.heard.some(({ answer }: any) => answer?.error?.name === 'ResourceLimitError'),
    );
    await until('the client to be served', async () => !(await client.subscribe('c')).error);
    expect(client.received.flat().filter(({ event }) => event === 'x').length).toBeLessThan(10_001);
    expect((await server.user('ada').transmit('n', 1, { timeoutMs: 300 })).connections).toBe(1);
    expect(warnings.length).toBeLessThan(10);
  });
});

function fakeMembership(ids: string[]) {
  const listeners = new Set<FleetListener>();
  const servers = new Map(ids.map((id) => [id, { id } as never]));
  const membership: FleetMembership = {
    id: 'self',
    isFrozen: false,
    isSettled: true,
    servers,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return { membership, listeners };
}

describe('questions to other servers', () => {
  const list = { do: 'list', limit: 1 } as const;

  it('are bounded, and each ends with its deadline', async () => {
    const { membership } = fakeMembership(['b']);
    const sent: PeopleMessage[] = [];
    const questions = new PeopleQuestions(membership, {
      sendToAll: (message) => sent.push(message),
      sendTo: () => {},
    });
    const open = Array.from({ length: 10_000 }, () => questions.ask(list, { timeoutMs: 50 }));
    expect(() => questions.ask(list, { timeoutMs: 50 })).toThrow('10000 questions');
    for (const { unanswered } of await Promise.all(open)) expect(unanswered).toEqual(['b']);
    const again = questions.ask(list, { timeoutMs: 60_000 });
    questions.settle(10_001, { count: 1 }, 'b');
    expect((await again).isComplete).toBe(true);
    expect(sent).toHaveLength(10_001);
  });

  it('do not name a server that seemed silent and has answered', async () => {
    const { membership, listeners } = fakeMembership(['b', 'c']);
    const questions = new PeopleQuestions(membership, { sendToAll: () => {}, sendTo: () => {} });
    const asked = questions.ask(list, { timeoutMs: 60_000 });
    for (const { onSilent } of listeners) onSilent?.('b', 900);
    for (const id of ['b', 'c']) questions.settle(1, { count: 1 }, id);
    const { answers, unanswered, isComplete } = await asked;
    expect([...answers.keys()]).toEqual(['b', 'c']);
    expect({ unanswered, isComplete }).toEqual({ unanswered: [], isComplete: true });
    questions.close();
  });

  it('end at once when who is asked leaves, and when the server closes', async () => {
    const { membership, listeners } = fakeMembership(['b', 'c']);
    const questions = new PeopleQuestions(membership, { sendToAll: () => {}, sendTo: () => {} });
    const asked = questions.ask(list, { timeoutMs: 60_000 });
    for (const { onGoodbye, onSilent } of listeners) {
      onGoodbye?.('b');
      onSilent?.('c', 900);
    }
    expect(await asked).toMatchObject({ unanswered: ['b', 'c'], isComplete: false });
    const last = questions.ask(list, { timeoutMs: 60_000 });
    questions.close();
    expect(await last).toMatchObject({ unanswered: ['b', 'c'], isComplete: false });
    expect(listeners.size).toBe(0);
  });
});

/** Somebody's sockets on a server, without connections. */
function localPeople(count: number, transmit: (id: string) => void) {
  const sessions = Array.from({ length: count }, (_, index) => ({
    id: String(index),
    openedAt: index,
    isOpen: true,
    isLeaving: false,
    userId: 'ada',
    connection: {},
    transmit: () => transmit(String(index)),
  })) as unknown as PersonSession[];
  const local = new LocalPeople({
    users: { of: () => sessions },
    codecs: { stored: { decode: (text: string) => JSON.parse(text) } },
  } as unknown as PeopleOwner);
  return { local, sessions };
}

const transmit = { do: 'transmit', user: 'ada', name: 'n', data: '{"event":""}' } as const;

describe('sockets of one user that are reached over several turns', () => {
  it('get nothing once they belong to somebody else', async () => {
    const got: string[] = [];
    const { local, sessions } = localPeople(252, (id) => got.push(id));
    const reached = local.reach(transmit);
    expect(got).toHaveLength(250);
    sessions[250]!.userId = 'bob';
    expect(await reached).toBe(251);
    expect(got).not.toContain('250');
    expect(got.at(-1)).toBe('251');
  });
});

describe('10,000 sockets of one user', () => {
  it('are reached in parts, with turns for the others in between', async () => {
    let sent = 0;
    const { local } = localPeople(10_000, () => {
      sent++;
    });
    const reached = local.reach(transmit);
    const turns: number[] = [];
    for (let turn = 0; turn < 50; turn++) {
      turns.push(sent);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await reached).toBe(10_000);
    const steps = turns.map((at, index) => at - (turns[index - 1] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(250);
    const listed = local.list({
      do: 'list',
      user: 'ada',
      limit: 1_000,
      after: { openedAt: 8_999, id: '8999' },
    });
    expect(listed.sockets?.map(({ id }) => id)).toEqual(
      Array.from({ length: 1_000 }, (_, index) => String(9_000 + index)),
    );
    expect(listed.hasMore).toBe(false);
  });
});
