import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faults } from '../src/doctor/faults.js';
import { exitCodes } from '../src/index.js';
import { version } from '../src/version.js';
import { FakeTerminal } from './support/terminal.js';

const read = (path: string) => readFileSync(resolve(import.meta.dirname, '../../..', path), 'utf8');
const page = read('docs/cli.md');

describe('docs/cli.md', () => {
  it('has every exit code, by its number and name', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| `(\w+)` \|/gm)];
    const documented = rows.map(([, code, name]) => [name, Number(code)]);
    expect(Object.fromEntries(documented)).toEqual(exitCodes);
  });

  it('has every fault that doctor names, and no other', () => {
    const [, section = ''] = page.split('| fault | station |');
    const table = section.split('\n## ')[0] ?? '';
    const names = table
      .split('\n')
      .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)])
      .map(([, name]) => name);
    expect(names.toSorted()).toEqual(Object.keys(faults).toSorted());
  });

  it('has every command, and each says what it does', async () => {
    const terminal = new FakeTerminal();
    await terminal.run('--help');
    const [, list = ''] = /Commands:\n(.*?)\n\n/s.exec(terminal.output) ?? [];
    const names = [...list.matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(8);
    for (const name of names.filter((each) => each !== 'help')) {
      expect(page).toMatch(new RegExp(`^\\| \`${name}\\b`, 'm'));
    }
  });

  it('names options that exist', async () => {
    const terminal = new FakeTerminal();
    const commands = ['tail', 'pub', 'call', 'stream', 'token', 'check-token', 'doctor', 'top'];
    const scenarios = ['fan-out', 'channels', 'calls', 'connect'].map((name) => ['bench', name]);
    for (const command of [...commands.map((name) => [name]), ...scenarios]) {
      await terminal.run(...command, '--help');
    }
    await terminal.run('start', '--help');
    const known = new Set(terminal.output.match(/--[\w-]+/g));
    const named = new Set(page.match(/(?<![\w-])--[a-z][\w-]+/g));
    expect([...named].filter((option) => !known.has(option))).toEqual([]);
  });
});

it('the version is that of package.json', () => {
  expect(version).toBe(JSON.parse(read('packages/cli/package.json')).version);
});
