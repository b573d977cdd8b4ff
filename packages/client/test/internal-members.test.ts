import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, expect, it } from 'vitest';
// @ts-expect-error a script of the build, without types
import { internalMembers } from '../internal-members.mjs';

// The build shortens these names wherever the sources of the browser file have them, so that each must mean a
// member of our own and nothing else: no member of the platform, of a public type, of an event or of what travels.

const names = new Set<string>(internalMembers);
const packages = fileURLToPath(new URL('../../', import.meta.url));
const script = `${packages}client/src/script.ts`;
/** Sources that say what travels, and what applications are given. */
const shared =
  /\/(?:packets|payloads|limits|extensions|error-wire|binary-placeholders|events|option-table|request-options)\.ts$/;

let program: ts.Program;
beforeAll(() => {
  program = ts.createProgram([script], {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['@asyngular/source', 'browser', 'production'],
    strict: true,
    types: [],
  });
}, 60_000);

/** The node, and all below it that stay when types are erased. */
function* values(node: ts.Node): Generator<ts.Node> {
  if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
    return;
  }
  yield node;
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* values(child);
}

function isMemberName(node: ts.Node): node is ts.Identifier {
  const { parent } = node;
  return (
    ts.isIdentifier(node) &&
    ((ts.isPropertyAccessExpression(parent) && parent.name === node) ||
      (ts.isBindingElement(parent) && (parent.propertyName ?? parent.name) === node) ||
      ts.isObjectLiteralElement(parent) ||
      ts.isClassElement(parent))
  );
}

function isInternal(file: string): boolean {
  const isOurs = /^(?:client|channels|streams|protocol|errors)\/src\//.test(
    file.replace(packages, ''),
  );
  return isOurs && !shared.test(file);
}

it('each name is a member of our own, wherever it stands', () => {
  const checker = program.getTypeChecker();
  const seen = new Set<string>();
  const foreign: string[] = [];
  for (const source of program
    .getSourceFiles()
    .filter(({ isDeclarationFile }) => !isDeclarationFile)) {
    for (const node of values(source)) {
      const isText = ts.isStringLiteralLike(node) && names.has(node.text);
      const isMember = isMemberName(node) && names.has(node.text);
      if (!isText && !isMember) continue;
      const member = memberOf(checker, node);
      const files = member?.declarations?.map(
        (declaration) => declaration.getSourceFile().fileName,
      );
      if (!isMember || !files?.every((file) => isInternal(file))) {
        foreign.push(`${node.getText()} in ${source.fileName.replace(packages, '')}`);
      } else {
        seen.add(node.text);
      }
    }
  }
  expect(foreign).toEqual([]);
  expect([...names].filter((name) => !seen.has(name))).toEqual([]);
});

/** The member that a name stands for; in a pattern that of the object taken apart. */
function memberOf(checker: ts.TypeChecker, node: ts.Node): ts.Symbol | undefined {
  const { parent } = node;
  if (ts.isBindingElement(parent)) {
    return checker.getTypeAtLocation(parent.parent).getProperty(node.getText());
  }
  return checker.getSymbolAtLocation(node);
}

it('none of them is public', () => {
  for (const file of ['client', 'channels', 'streams', 'protocol', 'errors']) {
    const url = new URL(`../../../test/api/${file}.txt`, import.meta.url);
    const words = readFileSync(url, 'utf8').split(/\s+/);
    expect(words.filter((word) => names.has(word))).toEqual([]);
  }
});
