import { describe, expect, it } from 'vitest';
import { compile } from './support/compiler.js';

// What somebody reads who makes a mistake, in the words of the compiler and of the editor.

const chat = `
import { create, safe } from '@asyngular/client';
import { type AGServerSocket, listen } from '@asyngular/server';
import { z } from 'zod';
import { type ClientApi, contract, type ServerApi } from '../src/index.js';

const chat = contract({
  procedures: {
    login: {
      data: z.object({ name: z.string() }),
      result: z.object({ id: z.string() }),
      errors: { NameTaken: z.object({ suggestion: z.string() }) },
    },
    ticks: { data: z.object({ symbol: z.string() }), yields: z.number() },
  },
  clientProcedures: {
    confirm: { data: z.string(), result: z.boolean() },
    readings: { data: z.string(), yields: z.number() },
  },
  channels: { rooms: { data: z.array(z.string()) } },
});
const socket = create<ClientApi<typeof chat>>();
const server = listen(8000, { contract: chat });
declare const accepted: AGServerSocket<ServerApi<typeof chat>>;
`;

const mistakes = {
  'a wrong field': {
    code: `socket.invoke('login', { nome: 'ann' });`,
    says: `Object literal may only specify known properties, and 'nome' does not exist in type '{ name: string; }'.`,
  },
  'an unknown procedure': {
    code: `socket.invoke('logn', { name: 'ann' });`,
    says: `Argument of type '"logn"' is not assignable to parameter of type '"login"'.`,
  },
  'publishing where only the server does': {
    code: `socket.subscribe('rooms').transmitPublish(['lobby']);`,
    says: `Argument of type 'string[]' is not assignable to parameter of type '"the contract has no \`publish\` for this channel, so that only the server publishes on it"'.`,
  },
  'a stream that is invoked': {
    code: `socket.invoke('ticks', { symbol: 'A' });`,
    says: `Argument of type '"ticks"' is not assignable to parameter of type '"login"'.`,
  },
  'a stream of clients that is invoked': {
    code: `accepted.invoke('readings', 'a');`,
    says: `Argument of type '"readings"' is not assignable to parameter of type '"confirm"'.`,
  },
  'an error that is not declared': {
    code: `safe(socket.invoke('login', { name: 'ann' })).then(({ error }) => error?.name === 'NameToken');`,
    says: /^This comparison appears to be unintentional because the types '"NameTaken" \| .* and '"NameToken"' have no overlap\.$/,
  },
  'an error that a handler may not fail with': {
    code: `server.handle('login', (_data, { fail }) => { throw fail('NameToken', { suggestion: 'x' }); });`,
    says: `Argument of type '"NameToken"' is not assignable to parameter of type '"NameTaken"'.`,
  },
};

describe('an editor', () => {
  const compiled = compile(
    `${chat}\n${Object.values(mistakes)
      .map(({ code }) => code)
      .join('\n')}`,
  );

  it.each(Object.entries(mistakes))('says of %s what is wrong', (_, { code, says }) => {
    expect(compiled.errorsIn(code)).toEqual([
      typeof says === 'string' ? says : expect.stringMatching(says),
    ]);
  });

  it('shows what a procedure takes and gives', () => {
    expect(compiled.hover("invoke('login', { nome")).toMatchInlineSnapshot(`
      "(method) AGClientSocket<ClientApiOf<{ procedures: { login: { data: ZodObject<{ name: ZodString; }, $strip>; result: ZodObject<{ id: ZodString; }, $strip>; errors: { ...; }; }; ticks: { ...; }; }; clientProcedures: { ...; }; channels: { ...; }; }>>.invoke<"login">(event: "login", data: {
          name: string;
      }, options?: InvokeOptions<unknown> | undefined): Call<{
          id: string;
      }, DeclaredFailure<"NameTaken", {
          suggestion: string;
      }>>"
    `);
  });

  it('shows what a handler gets', () => {
    expect(compiled.hover('_data')).toMatchInlineSnapshot(`
      "(parameter) _data: {
          name: string;
      }"
    `);
  });
});

describe('a contract of 500 procedures', () => {
  it('costs an editor no more than it may', () => {
    const procedures = Array.from(
      { length: 500 },
      (_, n) => `p${n}: { data: Data, result: Result }`,
    );
    const calls = Array.from({ length: 50 }, (_, n) => `socket.invoke('p${n * 10}', { id: 'x' });`);
    const { program, errors } = compile(`${chat.replace(/const chat[\s\S]*/, '')}
      const Data = z.object({ id: z.string() });
      const Result = z.object({ ok: z.boolean() });
      const big = contract({ procedures: { ${procedures.join(',\n')} } });
      const socket = create<ClientApi<typeof big>>();
      ${calls.join('\n')}
    `);
    const small = compile(`${chat.replace(/const chat[\s\S]*/, '')}
      const Data = z.object({ id: z.string() });
      const one = contract({ procedures: { p0: { data: Data, result: Data } } });
      create<ClientApi<typeof one>>().invoke('p0', { id: 'x' });
    `);
    expect(errors).toEqual([]);
    const growth = program.getInstantiationCount() - small.program.getInstantiationCount();
    // Measured: 53,000, about 100 for a procedure, most of them to tell streams from others.
    expect(growth).toBeLessThan(70_000);
  });
});
