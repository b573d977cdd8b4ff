import { ValidationError } from '@asyngular/errors';
import type { ContractChecks } from '@asyngular/protocol/internal';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { type ContractDefinition, contract, type Schema } from '../src/index.js';
import { libraries } from './support/libraries.js';

const checksOf = (definition: ContractDefinition): ContractChecks =>
  contract(definition)['~contract'].checks((checked) => checked);

/** The check of a message with this schema. */
const checkOf = (schema: Schema) => checksOf({ receivers: { it: schema } }).receivers!.get('it')!;

/** The error that a check throws. */
function refusal(check: (data: unknown) => unknown, data: unknown): ValidationError {
  try {
    check(data);
  } catch (error) {
    expect(error).toBeInstanceOf(ValidationError);
    return error as ValidationError;
  }
  throw new Error(`the check passed ${JSON.stringify(data)?.slice(0, 100)}`);
}

describe.each(libraries)('schemas of $name', (library) => {
  it('pass what fits, at once', () => {
    expect(checkOf(library.person)({ name: 'ann', age: 3 })).toEqual({ name: 'ann', age: 3 });
  });

  it('put in its place what they make of it', () => {
    expect(checkOf(library.length)('four')).toBe(4);
  });

  it('refuse what does not fit, and say where', () => {
    const { message, issues } = refusal(checkOf(library.person), { name: '' });
    expect(issues).toHaveLength(1);
    expect(issues[0]!.path).toBe('name');
    expect(message).toBe(
      `The data of it is not what the contract says: name: ${issues[0]!.message}`,
    );
  });

  it('refuse members that the schema does not have', () => {
    expect(refusal(checkOf(library.person), { name: 'ann', admin: true }).issues).toHaveLength(1);
  });

  it('name places in lists', () => {
    expect(refusal(checkOf(library.numbers), [1, 'two']).issues[0]!.path).toBe('[1]');
  });

  it('of ten thousand bad items name twenty', () => {
    const { message, issues } = refusal(checkOf(library.numbers), Array(10_000).fill('no'));
    expect(issues).toHaveLength(20);
    expect(message).toMatch(/ \(and 9999 more\)$/);
    expect(JSON.stringify(issues).length).toBeLessThan(20 * 500);
  });

  it('have places and messages of 200 characters at most', () => {
    const { issues } = refusal(checkOf(library.scores), { ['x'.repeat(5_000)]: 'no' });
    expect(issues[0]!.path).toHaveLength(200);
    for (const { message } of issues) expect(message.length).toBeLessThanOrEqual(200);
  });
});

test('a place may have symbols and segments of objects in it', () => {
  const path = [Symbol('tag'), { key: 0 }, 'deep', { key: Symbol() }];
  const schema = standard(() => ({ issues: [{ message: 'no', path }] }));
  expect(refusal(checkOf(schema), 1).issues).toEqual([
    { path: 'Symbol(tag)[0].deep.Symbol()', message: 'no' },
  ]);
});

test('a schema that refuses without an issue refuses nevertheless', () => {
  const { message, issues } = refusal(checkOf(standard(() => ({ issues: [] }))), 1);
  expect(message).toBe('The data of it is not what the contract says: its schema refuses it');
  expect(issues).toEqual([]);
});

test('a schema that throws is no ValidationError', () => {
  const schema = standard(() => {
    throw new Error('a fault of the schema');
  });
  expect(() => checkOf(schema)(1)).toThrow(new Error('a fault of the schema'));
});

test('an asynchronous schema is a promise, of the value or of the error', async () => {
  const free = z.string().refine(async (name) => name !== 'taken', 'is taken');
  const check = checkOf(free);
  await expect(check('ann')).resolves.toBe('ann');
  await expect(check('taken')).rejects.toMatchObject({
    name: 'ValidationError',
    issues: [{ path: '', message: 'is taken' }],
  });
});

test('a schema may answer with a promise of another realm or library', async () => {
  // biome-ignore lint/suspicious/noThenProperty: such a promise is what the test is about.
  const promiseOf = (result: object) => ({ then: (onDone: (_: object) => void) => onDone(result) });
  const good = checkOf(standard(() => promiseOf({ value: 1 }) as Promise<never>))(1);
  expect(good).toBeInstanceOf(Promise);
  await expect(good).resolves.toBe(1);
  const bad = checkOf(standard(() => promiseOf({ issues: [{ message: 'no' }] }) as Promise<never>));
  await expect(bad(1)).rejects.toBeInstanceOf(ValidationError);
});

test('a schema runs once per message', () => {
  let runs = 0;
  const schema = standard((value) => {
    runs++;
    return { value };
  });
  checkOf(schema)(1);
  expect(runs).toBe(1);
});

describe('procedures', () => {
  const { procedures } = checksOf({
    procedures: {
      login: {
        data: z.string(),
        result: z.number(),
        errors: { Taken: z.object({ at: z.number() }) },
      },
      ticks: { yields: z.number() },
      ping: {},
    },
  });

  it('have checks for data, result and errors', () => {
    const login = procedures!.get('login')!;
    expect(login.data('ann')).toBe('ann');
    expect(login.result(1)).toBe(1);
    expect(refusal(login.result, 'one').message).toMatch(/^The result of login is not/);
    expect([...login.errors.keys()]).toEqual(['Taken']);
    expect(refusal(login.errors.get('Taken')!, {}).message).toMatch(
      /^The data of its Taken is not/,
    );
    expect(login.item).toBeUndefined();
  });

  it('have a check for each item of a stream', () => {
    expect(refusal(procedures!.get('ticks')!.item!, 'x').message).toMatch(
      /^An item of ticks is not/,
    );
  });

  it('without data take none, and without a result send none', () => {
    const ping = procedures!.get('ping')!;
    expect(ping.data(undefined)).toBeUndefined();
    expect(ping.data(null)).toBeUndefined();
    expect(refusal(ping.data, 0).message).toBe(
      'The data of ping must be left out: the contract has no schema for it',
    );
    expect(ping.result({ secret: 1 })).toBeUndefined();
  });

  it('of other names do not exist, not even names that objects are born with', () => {
    for (const name of ['lgoin', '', '__proto__', 'constructor', 'toString']) {
      expect(procedures!.get(name)).toBeUndefined();
    }
    expect(procedures!.names).toEqual(['login', 'ticks', 'ping']);
  });
});

describe('channels', () => {
  const { channels } = checksOf({
    channels: {
      rooms: z.string(),
      'room:{id}': { publish: z.number(), data: z.string(), presence: z.boolean() },
      'room:{id}:log': { data: z.boolean() },
      'room:main': { data: z.null() },
    },
  });

  it('are found by name, then by the pattern that says more', () => {
    expect(channels!.get('room:main')!.data(null)).toBeNull();
    expect(channels!.get('room:5')!.data('text')).toBe('text');
    expect(channels!.get('room:5:log')!.data(true)).toBe(true);
    expect(channels!.get('room:')).toBeUndefined();
    expect(channels!.names).toEqual(['rooms', 'room:{id}', 'room:{id}:log', 'room:main']);
  });

  it('of one schema check once, where clients publish', () => {
    const { publish, data, relay } = channels!.get('rooms')!;
    expect(publish!('a')).toBe('a');
    expect(data('a')).toBe('a');
    expect(relay).toBeUndefined();
  });

  it('of two schemas check what is published and what arrives', () => {
    const room = channels!.get('room:1')!;
    expect(room.publish!(1)).toBe(1);
    expect(refusal(room.publish!, 'x').message).toMatch(
      /^What is published on channel room:{id} is/,
    );
    expect(refusal(room.relay!, 1).message).toMatch(/^The data of channel room:{id} is not/);
    expect(refusal(room.presence!, 1).message).toMatch(
      /^The state of a member of channel room:{id}/,
    );
  });

  it('without publish are for the server', () => {
    expect(channels!.get('room:main')!.publish).toBeUndefined();
  });
});

test('a section that is left out has no checks', () => {
  expect(checksOf({})).toEqual({
    procedures: undefined,
    receivers: undefined,
    clientProcedures: undefined,
    clientReceivers: undefined,
    channels: undefined,
  });
});

/** A schema without a library. */
function standard(
  validate: (value: unknown) => ReturnType<Schema['~standard']['validate']>,
): Schema {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}
