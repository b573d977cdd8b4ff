import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../src/index.js';
import { FakeTerminal } from './support/terminal.js';

const manifest = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'));

describe('asyngular', () => {
  it('says its version and what it can do on standard output', async () => {
    const terminal = new FakeTerminal();
    expect(await terminal.run('--version')).toBe(exitCodes.done);
    expect(terminal.output).toBe(`${manifest.version}\n`);
    expect(await terminal.run('--help')).toBe(exitCodes.done);
    expect(terminal.output).toMatch(/tail .*channel/);
    expect(terminal.errors).toBe('');
  });

  it.each([
    ['a command that does not exist', ['tial', 'news'], /Did you mean tail/],
    ['a missing argument', ['tail'], /missing required argument 'channel'/],
    ['an option that does not exist', ['tail', 'news', '--rewid', '3'], /Did you mean --rewind/],
    ['a number that is none', ['tail', 'news', '--count', 'x'], /whole number above 0/],
    ['an address that is none', ['call', 'x', '-u', 'ftp://a'], /'ftp:\/\/a' is not the address/],
    [
      'a password in an address, which it does not repeat',
      ['call', 'x', '-u', 'ws://ann:secret@a/'],
      /^(?!.*secret).*Authorization: Basic/,
    ],
    ['a version that there is not', ['call', 'x', '--protocol-version', '3'], /has to be 1 or 2/],
    ['metrics that are none', ['top', 'ws://a:1'], /'ws:\/\/a:1' is not .* http:\/\/127.*metrics/],
    [
      'a token that would have expired',
      ['token', '{}', '--key', 'k', '--expires-in', '0'],
      /--expires-in is '0'/,
    ],
    ['a contract that does not exist', ['asyncapi', '/none.js'], /'\/none\.js' does not exist/],
    ['a header without a colon', ['call', 'x', '--header', 'a'], /'Name: value'/],
    [
      'a file that does not exist',
      ['call', 'x', '--token-file', '/none'],
      /'\/none' cannot be read/,
    ],
  ])('refuses %s, and says what to write', async (_what, args, message) => {
    const terminal = new FakeTerminal();
    expect(await terminal.run(...args)).toBe(exitCodes.usage);
    expect(terminal.errors).toMatch(message);
    expect(terminal.output).toBe('');
  });

  it.each([
    [['tail'], 'tail'],
    [['bench', 'connect', '--clients', '0'], 'bench connect'],
    [['bench', 'x'], 'bench'],
    [['x'], ''],
  ])('answers %j with where to find what there is', async (args, name) => {
    const terminal = new FakeTerminal();
    expect(await terminal.run(...args)).toBe(exitCodes.usage);
    expect(terminal.errors).toContain(
      `\n(${`asyngular ${name}`.trim()} --help lists what there is)\n`,
    );
  });

  it('has colours on a terminal only, and not where NO_COLOR is set', async () => {
    const terminal = new FakeTerminal();
    const red = '\u001b[31m';
    await terminal.run('call', 'x', '-u', '127.0.0.1:1');
    expect(terminal.errors).not.toContain(red);
    terminal.isInteractive = true;
    await terminal.run('call', 'x', '-u', '127.0.0.1:1');
    expect(terminal.errors).toContain(red);
    terminal.errors = '';
    terminal.env = { NO_COLOR: '1' };
    await terminal.run('call', 'x', '-u', '127.0.0.1:1');
    expect(terminal.errors).not.toContain(red);
  });
});
