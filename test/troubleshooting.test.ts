import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as errors from '@asyngular/errors';
import { describe, expect, it } from 'vitest';
import { DocsPage } from './support/docs-page.js';

// docs/troubleshooting.md keeps up with the code: it has every error class with its code, every close code with its
// text, and no message that the sources do not have.

const page = new DocsPage('troubleshooting.md');
const root = join(import.meta.dirname, '..');

/** Cells of the rows of a section's table, without its head. */
function rowsOf(heading: string): string[][] {
  const rows = page.section(heading).match(/^\|.*\|$/gm) ?? [];
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** `ERR_…` of a class, or what its number is. */
function codeOf(name: string, ErrorClass: new (...args: never[]) => Error): string {
  const numbers: Record<string, string> = {
    BadConnectionError: 'close code',
    SocketProtocolError: 'close code',
    ProcessExitError: 'exit code',
  };
  const { code } = Reflect.construct(ErrorClass, ['', 0]);
  return numbers[name] ?? `\`${code}\``;
}

/** All sources as one text in which sentences are whole: neither cut into strings nor by hints. */
function sentencesOfSources(): string {
  return readdirSync(join(root, 'packages'))
    .flatMap((name) => {
      const src = join(root, 'packages', name, 'src');
      return readdirSync(src, { recursive: true, encoding: 'utf8' }).map((file) => join(src, file));
    })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
    .replace(/\$\{hint\(\s*['"`]/g, '')
    .replace(/['"`],?\s*\)\}/g, '')
    .replace(/['"`]\s*\+\s*['"`]/g, '');
}

describe('docs/troubleshooting.md', () => {
  it('has every error class with its code and something to do', () => {
    const classes = Object.entries(errors)
      .filter(([name]) => name.endsWith('Error') && name !== 'AsyngularError')
      .map(([name, value]) => [`\`${name}\``, codeOf(name, value as new () => Error)]);
    const rows = rowsOf('## Every error by name');
    expect(rows.map(([name, code]) => [name, code])).toEqual(classes.sort());
    expect(rows.filter(([, , remedy]) => !remedy)).toEqual([]);
  });

  it('has every close code with its text and something to do', () => {
    const known = Object.entries({
      ...errors.socketProtocolErrorStatuses,
      ...errors.socketProtocolIgnoreStatuses,
    });
    const rows = rowsOf('## Close codes');
    expect(rows.map(([code, text]) => [code, text])).toEqual(known);
    expect(rows.filter(([, , remedy]) => !remedy)).toEqual([]);
  });

  it.each([
    '## The client does not connect',
    '## A call rejects',
    '## Something waits, and grows',
    '## Tokens and logins',
    '## Options and arguments',
    // Sentences are compared piece by piece: the sources put them together, too.
  ])('shows messages that the sources have: %s', (heading) => {
    const rows = rowsOf(heading);
    expect(rows.length).toBeGreaterThan(3);
    const sources = sentencesOfSources();
    const missing = rows.flatMap(([message = '']) =>
      message
        .replaceAll('`', '')
        .split(/…|: | \(|\)/)
        .map((piece) => piece.trim())
        .filter((piece) => piece.length > 3 && !sources.includes(piece)),
    );
    expect(missing).toEqual([]);
  });
});
