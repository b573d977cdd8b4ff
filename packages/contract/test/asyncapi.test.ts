import { createRequire } from 'node:module';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { Ajv } from 'ajv';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncapi, contract } from '../src/index.js';
import { libraries } from './support/libraries.js';

// The schema by which AsyncAPI itself defines its documents. Their parser checks by the same one, and weighs 54 MB in 168
// packages, one of which reports every installation to somebody.
const specification = createRequire(import.meta.url)(
  '@asyncapi/specs/schemas/3.0.0-without-$id.json',
);
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
const isAsyncApi = ajv.compile(specification);

function expectValid(document: Record<string, unknown>): void {
  isAsyncApi(document);
  expect(isAsyncApi.errors ?? []).toEqual([]);
  for (const { $ref } of referencesIn(document)) {
    expect([$ref, at(document, $ref)]).not.toEqual([$ref, undefined]);
  }
}

/** Every reference in the document, which has to lead somewhere. */
function referencesIn(value: unknown): { $ref: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value as { $ref: string }] : [];
  return [...own, ...Object.values(value).flatMap(referencesIn)];
}

function at(document: unknown, pointer: string): unknown {
  const keys = pointer.slice('#/'.length).split('/');
  return keys.reduce((value, key) => (value as Record<string, unknown>)?.[key], document);
}

describe.each(libraries)('asyncapi() of schemas of $name', ({ person, numbers, text }) => {
  it('is a document of AsyncAPI 3.0', () => {
    const document = asyncapi(
      contract({
        procedures: {
          login: { data: person, result: text, errors: { NameTaken: person } },
          ticks: { data: text, yields: numbers },
          ping: {},
        },
        receivers: { 'typing in': text },
        clientProcedures: { confirm: { data: text, result: text } },
        clientReceivers: { notice: text },
        channels: {
          'room:{id}': { publish: text, data: person },
          'room/{id}': numbers,
          rooms: { data: numbers },
        },
        authToken: person,
      }),
      { title: 'Chat', version: '2.1.0' },
    );
    expectValid(document);
    expect(document).not.toHaveProperty('x-warnings');
    expect(document.info).toEqual({ title: 'Chat', version: '2.1.0' });
    expect(at(document, '#/components/schemas/procedure.login.call')).toMatchObject({
      type: 'object',
      properties: { name: { type: 'string', minLength: 1 }, age: { type: 'number' } },
      required: ['name'],
      additionalProperties: false,
    });
    expect(at(document, '#/channels/channel.room_id_')).toMatchObject({
      address: 'room:{id}',
      parameters: { id: {} },
    });
    expect(at(document, '#/channels/channel.room_id_-2')).toMatchObject({ address: 'room/{id}' });
    expect(Object.keys(document.operations as object)).toEqual([
      'receive.procedure.login',
      'receive.procedure.ticks',
      'receive.procedure.ping',
      'receive.receiver.typing_in',
      'send.clientProcedure.confirm',
      'send.clientReceiver.notice',
      'send.channel.room_id_',
      'receive.channel.room_id_',
      'send.channel.room_id_-2',
      'receive.channel.room_id_-2',
      'send.channel.rooms',
    ]);
    expect(at(document, '#/operations/receive.procedure.login')).toEqual({
      action: 'receive',
      channel: { $ref: '#/channels/procedure.login' },
      messages: [{ $ref: '#/channels/procedure.login/messages/call' }],
      reply: {
        channel: { $ref: '#/channels/procedure.login' },
        messages: [
          { $ref: '#/channels/procedure.login/messages/result' },
          { $ref: '#/channels/procedure.login/messages/NameTaken' },
        ],
      },
    });
  });
});

it('what travels is the side of a schema that its sender has', () => {
  const withDefault = z.object({ tries: z.number().default(3) });
  const document = asyncapi(
    contract({ procedures: { login: { data: withDefault, result: withDefault } } }),
  );
  expect(at(document, '#/components/schemas/procedure.login.call')).not.toHaveProperty('required');
  expect(at(document, '#/components/schemas/procedure.login.result')).toMatchObject({
    required: ['tries'],
  });
});

it('schemas that refer to themselves do so where they stand', () => {
  const tree = z.object({
    name: z.string(),
    get children() {
      return z.array(tree);
    },
  });
  const folder = v.object({ name: v.string(), folders: v.array(v.lazy(() => folder)) }) as never;
  const document = asyncapi(
    contract({ receivers: { plant: tree, save: toStandardJsonSchema(folder) } }),
  );
  expectValid(document);
  const references = referencesIn(document).map(({ $ref }) => $ref);
  expect(
    references.filter((ref) => ref.startsWith('#/components/schemas/receiver.plant')),
  ).toHaveLength(2);
});

it('a schema without a JSON Schema is {}, and the document says so', () => {
  const document = asyncapi(
    contract({
      receivers: { plain: v.string(), strange: z.bigint() },
      clientReceivers: { size: z.string().transform((text) => text.length) },
    }),
  );
  expectValid(document);
  expect(at(document, '#/components/schemas/receiver.plain.message')).toEqual({});
  expect(document['x-warnings']).toEqual([
    'receiver.plain.message: the schema of valibot has no JSON Schema; wrap it in toStandardJsonSchema() of @valibot/to-json-schema',
    expect.stringMatching(/^receiver\.strange\.message: zod has no JSON Schema for it: /),
    expect.stringMatching(/^clientReceiver\.size\.message: zod has no JSON Schema for it: /),
  ]);
});

it('an empty contract is an empty document', () => {
  expectValid(asyncapi(contract({})));
});
