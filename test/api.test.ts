import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

// The public surface of every package, member by member, compared with what is written down in test/api/.
// A change shows up in the diff of a pull request; accept a wanted one with `npx vitest run test/api.test.ts -u`.

const root = resolve(import.meta.dirname, '..');
/** Every entry that users may import: what a published package exports, without `./internal`. */
const entries = readdirSync(join(root, 'packages')).flatMap((name) => {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  if (manifest.private) return [];
  return Object.entries<Record<string, string>>(manifest.exports)
    .filter(([entry]) => entry !== './internal' && entry !== './package.json')
    .map(([entry, { '@asyngular/source': source = '' }]) => ({
      name,
      entry: entry === '.' ? 'index' : entry.slice('./'.length),
      file: join(root, 'packages', name, source),
    }));
});

const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: () => undefined,
} as ts.ParseConfigFileHost);
const program = ts.createProgram(
  entries.map(({ file }) => file),
  { ...config?.options, noEmit: true },
);
const checker = program.getTypeChecker();

function isInternal(symbol: ts.Symbol): boolean {
  return symbol.getJsDocTags(checker).some((tag) => tag.name === 'internal');
}

function isVisible(symbol: ts.Symbol): boolean {
  if (symbol.name.startsWith('#') || symbol.name === 'prototype' || isInternal(symbol))
    return false;
  return !(symbol.declarations ?? []).some(
    (declaration) =>
      ts.getCombinedModifierFlags(declaration) &
      (ts.ModifierFlags.Private | ts.ModifierFlags.Protected),
  );
}

function describe(symbol: ts.Symbol): string[] {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const kind =
    target.flags & ts.SymbolFlags.Class
      ? 'class'
      : target.flags & ts.SymbolFlags.Interface
        ? 'interface'
        : target.flags & ts.SymbolFlags.TypeAlias
          ? 'type'
          : target.flags & ts.SymbolFlags.Function
            ? 'function'
            : 'const';
  const lines = [`${kind} ${symbol.name}`];
  if (kind === 'class' || kind === 'interface') {
    const members = checker
      .getDeclaredTypeOfSymbol(target)
      .getProperties()
      .filter(isVisible)
      .map((member) => memberName(member.name))
      .sort();
    lines.push(...members.map((member) => `  ${member}`));
  }
  if (kind === 'class') {
    const statics = checker
      .getTypeOfSymbol(target)
      .getProperties()
      .filter(isVisible)
      .map((member) => `  static ${memberName(member.name)}`)
      .sort();
    lines.push(...statics);
  }
  return lines;
}

/** `__@asyncIterator@123` is how the compiler spells `[Symbol.asyncIterator]`. */
function memberName(name: string): string {
  return name.replace(/^__@(\w+)@\d+$/, '[Symbol.$1]');
}

it.each(entries)(
  'the public API of @asyngular/$name ($entry) is the one written down',
  async ({ name, entry, file }) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    const exports = module ? checker.getExportsOfModule(module) : [];
    const text = exports
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(describe)
      .join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot(
      `api/${name}${entry === 'index' ? '' : `.${entry}`}.txt`,
    );
  },
);

it('every public member of the sockets, the server and the streams has a docstring', () => {
  const missing: string[] = [];
  for (const { name, file } of entries) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    for (const symbol of module ? checker.getExportsOfModule(module) : []) {
      const target =
        symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const isOurs = (s: ts.Symbol) =>
        (s.declarations ?? []).some((d) =>
          d.getSourceFile().fileName.startsWith(join(root, 'packages')),
        );
      if (!isOurs(target)) continue;
      const documented = (s: ts.Symbol) => s.getDocumentationComment(checker).length > 0;
      if (!documented(target)) missing.push(`${name}: ${symbol.name}`);
      if (!(target.flags & ts.SymbolFlags.Class)) continue;
      for (const member of checker.getDeclaredTypeOfSymbol(target).getProperties()) {
        if (!isVisible(member) || !isOurs(member) || documented(member)) continue;
        // Names of states spell themselves (PENDING = 'pending'), and so do those of errors.
        if (/^([A-Z_]+|name|message|code)$/.test(member.name)) continue;
        missing.push(`${name}: ${symbol.name}.${memberName(member.name)}`);
      }
    }
  }
  expect(missing).toEqual([]);
});
