import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { expect, it } from 'vitest';
import { exitCodes } from '../src/index.js';
import { FakeTerminal } from './support/terminal.js';

/** A module as users have it. Schemas of Standard Schema can be written by hand. */
function moduleOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'asyngular-contract-'));
  onCleanup(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'contract.mjs');
  writeFileSync(file, text);
  return file;
}

const definition = `
const check = (value) => ({ value });
const schema = { '~standard': { version: 1, vendor: 'hand', validate: check } };
const checks = { '~contract': {} };
`;

it('writes the contract that a module exports', async () => {
  const file = moduleOf(
    `${definition} export const chat = { procedures: { login: { data: schema } }, ...checks }; export const other = 1;`,
  );
  const terminal = new FakeTerminal();
  const output = `${file}.json`;
  const args = ['asyncapi', file, '--title', 'Chat', '--api-version', '2.0.0'];
  expect(await terminal.run(...args)).toBe(exitCodes.done);
  expect(await terminal.run(...args, '-o', output)).toBe(exitCodes.done);
  const document = JSON.parse(terminal.output);
  expect(document).toMatchObject({ asyncapi: '3.0.0', info: { title: 'Chat', version: '2.0.0' } });
  expect(JSON.parse(readFileSync(output, 'utf8'))).toEqual(document);
  // The schema has no form as JSON Schema, and that is said.
  expect(terminal.errors).toMatch(/warning: /);
});

it.each([
  [
    'no contract',
    'export const a = 1',
    [],
    /exports no contract; export what contract\(\) returns/,
  ],
  [
    'several without a choice',
    `${definition} export const a = checks; export const b = checks;`,
    [],
    /the contracts a, b; choose one with --export/,
  ],
  [
    'a name that is not there',
    `${definition} export const a = checks;`,
    ['--export', 'c'],
    /the contracts a, and not 'c'; choose/,
  ],
  ['a module that throws', 'throw new Error("boom")', [], /cannot be imported \(boom\); run it/],
])('refuses %s', async (_what, text, args, message) => {
  const terminal = new FakeTerminal();
  expect(await terminal.run('asyncapi', moduleOf(text), ...args)).toBe(exitCodes.usage);
  expect(terminal.errors).toMatch(message);
});
