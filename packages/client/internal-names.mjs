// Names of members that only the sources of the browser bundle use, so that they may be shortened in it.
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const packages = fileURLToPath(new URL('../', import.meta.url));

/** What applications and peers see: the client's exports, what travels, and what the host provides. */
const publicFiles = [
  'client/src/index.ts',
  'client/src/platform/platform.ts',
  'protocol/src/index.ts',
  'protocol/src/binary-placeholders.ts',
  'streams/src/platform.ts',
];

/**
 * Members declared in `files` (paths of the bundle's inputs), without: what can be reached from a public
 * declaration, members of the platform, and every name that occurs as a string, since that may be the
 * same member read by name. `hidden` are those of objects that users hold and may extend.
 * @param {string[]} files
 * @returns {{ names: string[], hidden: string[] }}
 */
export function internalNames(files) {
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['@asyngular/source', 'browser'],
    strict: true,
    types: [],
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const kept = new Set();
  const declared = new Set();
  const hidden = new Set();

  const isOurs = (node) => node.getSourceFile().fileName.startsWith(packages);
  const isHidden = (node) =>
    (node.name !== undefined && ts.isPrivateIdentifier(node.name)) ||
    (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0 ||
    ts.getJSDocTags(node).some((tag) => tag.tagName.text === 'internal');
  const isMember = (node) =>
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isAccessor(node);

  /** A member of the object that a `createX()` function returns. */
  const isMemberOfPart = (node) =>
    ts.isShorthandPropertyAssignment(node) &&
    ts.isReturnStatement(node.parent.parent) &&
    ts.isFunctionDeclaration(node.parent.parent.parent.parent) &&
    /^create[A-Z]/.test(node.parent.parent.parent.parent.name.text);

  const walked = new Set();
  /** Keeps the members of a public declaration and of every type that it mentions. */
  function keep(node) {
    if (walked.has(node) || !isOurs(node)) return;
    walked.add(node);
    visit(node);
    function visit(part) {
      if (ts.isBlock(part)) return;
      if (
        part !== node &&
        (isMember(part) || ts.isConstructorDeclaration(part)) &&
        isHidden(part)
      ) {
        if (part.name !== undefined) hidden.add(part.name.text);
        return;
      }
      if ((isMember(part) || ts.isPropertyAssignment(part)) && ts.isIdentifier(part.name)) {
        kept.add(part.name.text);
        const type = checker.getTypeAtLocation(part);
        for (const symbol of [type.symbol, type.aliasSymbol]) symbol?.declarations?.forEach(keep);
      }
      if (ts.isIdentifier(part)) {
        const symbol = checker.getSymbolAtLocation(part);
        const target =
          symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
        target?.declarations?.forEach(keep);
      }
      ts.forEachChild(part, visit);
    }
  }
  for (const file of publicFiles) {
    const source = program.getSourceFile(packages + file);
    for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source))) {
      const target =
        symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      target.declarations?.forEach(keep);
    }
  }

  for (const source of program.getSourceFiles()) {
    const isInput = !source.isDeclarationFile && source.fileName.startsWith(packages);
    (function collect(node) {
      if (isMember(node) && ts.isIdentifier(node.name)) {
        if (!isInput) kept.add(node.name.text);
        // A type literal in the middle of code describes something foreign.
        else if (!ts.isTypeLiteralNode(node.parent)) declared.add(node.name.text);
      } else if (isInput && isMemberOfPart(node)) {
        declared.add(node.name.text);
      } else if (isInput && ts.isStringLiteralLike(node)) {
        kept.add(node.text);
      }
      ts.forEachChild(node, collect);
    })(source);
  }
  const names = [...declared].filter((name) => !kept.has(name)).sort();
  return { names, hidden: names.filter((name) => hidden.has(name)) };
}
