import { expect, test } from 'vitest';
import { z } from 'zod';
import { contract } from '../src/index.js';

test('a contract has the sections it was made of', () => {
  const login = { data: z.string() };
  const chat = contract({ procedures: { login } });
  expect(chat.procedures.login).toBe(login);
  expect(Object.isFrozen(chat)).toBe(true);
});

const text = z.string();

test.each<[place: string, definition: unknown, message: string]>([
  ['no object', 5, 'The definition of the contract is 5; it must be an object'],
  ['a list', [], 'The definition of the contract is a list; it must be an object'],
  [
    'an unknown section',
    { procedure: {} },
    'The definition has an unknown member procedure; did you mean procedures?',
  ],
  [
    'an unknown section that resembles none',
    { x: {} },
    'The definition has an unknown member x; known are procedures, receivers, clientProcedures, clientReceivers, channels, authToken',
  ],
  [
    'a section that is none',
    { receivers: 1 },
    'receivers of the contract is 1; it must be an object',
  ],
  [
    'a message without a schema',
    { receivers: { typing: { room: 'text' } } },
    'receivers.typing of the contract is an object; it must be a Standard Schema, such as z.object({ … }) of zod',
  ],
  [
    'a name of the protocol',
    { receivers: { '#publish': text } },
    'receivers.#publish of the contract begins with #, as names of the protocol do; give it another name',
  ],
  [
    'a procedure that is a schema',
    { procedures: { login: text } },
    'procedures.login of the contract is an object; it must be an object { data?, result?, yields?, errors? } of schemas',
  ],
  [
    'a misspelt member of a procedure',
    { clientProcedures: { confirm: { reslt: text } } },
    'clientProcedures.confirm has an unknown member reslt; did you mean result?',
  ],
  [
    'a result that is no schema',
    { procedures: { login: { result: 'text' } } },
    "procedures.login.result of the contract is 'text'; it must be a Standard Schema, such as z.object({ … }) of zod",
  ],
  [
    'an error that is no schema',
    { procedures: { login: { errors: { Taken: null } } } },
    'procedures.login.errors.Taken of the contract is null; it must be a Standard Schema, such as z.object({ … }) of zod',
  ],
  [
    'a stream with a result',
    { procedures: { ticks: { result: text, yields: text } } },
    'procedures.ticks of the contract has both result and yields; a stream has yields, any other procedure has result',
  ],
  [
    'a channel without data',
    { channels: { lobby: { publish: text } } },
    "channels['lobby'].data of the contract is undefined; it must be a Standard Schema, such as z.object({ … }) of zod",
  ],
  [
    'a pattern with half a brace',
    { channels: { 'room:{id': text } },
    "The channel 'room:{id' of the contract has a brace without its other half; write a name, or a pattern such as room:{id}",
  ],
  [
    'two patterns of one shape',
    { channels: { 'room:{id}': text, 'room:{name}': text } },
    "The channels 'room:{id}' and 'room:{name}' of the contract fit the same names; leave one of them out",
  ],
])('%s is refused at once', (_, definition, message) => {
  expect(() => contract(definition as object)).toThrow(
    expect.objectContaining({ name: 'InvalidArgumentsError', message }),
  );
});
