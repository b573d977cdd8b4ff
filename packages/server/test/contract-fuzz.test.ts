import { contract } from '@asyngular/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { libraries } from '../../contract/test/support/libraries.js';
import { collect, startServer } from './support/server.js';

const NAMES = [
  'greet',
  'ping',
  'typing',
  'room:1',
  'room:',
  'lobby',
  '__proto__',
  'constructor',
  '',
];

// What may stand as data of a message, and shapes that schemas look into.
const values = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.record({ name: fc.jsonValue(), age: fc.jsonValue() }, { requiredKeys: [] }),
  fc.dictionary(fc.constantFrom('__proto__', 'name', 'toJSON', 'then', 'valueOf'), fc.jsonValue()),
  fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 200 }),
);
const names = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 300 }));
const packets = fc.oneof(
  fc.record({ event: names, data: values }),
  fc.record({ event: names, data: values, cid: fc.integer({ min: 1_000, max: 2_000 }) }),
  fc.record({
    event: fc.constantFrom('#publish', '#subscribe'),
    data: fc.record({ channel: fc.oneof(names, values), data: values }),
    cid: fc.integer({ min: 1_000, max: 2_000 }),
  }),
);

it.each(libraries)(
  'whatever clients of a contract of $name send, the next call is answered',
  async ({ person, numbers, scores }) => {
    const { server, open, warnings } = await startServer({
      contract: contract({
        procedures: { greet: { data: person, result: person }, ping: {}, list: { data: numbers } },
        receivers: { typing: scores },
        channels: { 'room:{id}': { publish: person, data: z.any() }, lobby: numbers },
      }),
    });
    server.handle('greet', (data) => data);
    server.handle('ping', () => 'pong');
    server.handleTransmit('typing', () => {});
    const errors = collect(server.listener('error'));
    const client = await open();
    await fc.assert(
      fc.asyncProperty(fc.array(packets, { maxLength: 20 }), async (messages) => {
        for (const message of messages) client.send(message);
        expect((await client.request('greet', { name: 'ann' })).data).toEqual({ name: 'ann' });
      }),
      { numRuns: 100 },
    );
    expect(errors).toEqual([]);
    expect(client.closed).toBeUndefined();
    // What was wrong was the client's: no schema failed, and nothing wrong was about to leave the server.
    const names = new Set(warnings.map(({ name }) => name));
    for (const name of names) {
      expect(['ValidationError', 'NoHandlerError', 'InvalidActionError', 'BrokerError']).toContain(
        name,
      );
    }
    expect(server.stats().invalidMessages).toBeGreaterThan(0);
  },
);
