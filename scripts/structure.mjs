// Prints the structure of the packages in numbers: files and lines per folder, the largest circle of imports
// with and without those of types, uses of `any`, and the size of the browser file.
//   node scripts/structure.mjs [repository]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import ts from 'typescript';

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
const packagesDir = join(root, 'packages');

for (const name of readdirSync(packagesDir).sort()) {
  const src = join(packagesDir, name, 'src');
  if (existsSync(src)) report(name, src);
}
const browserFile = join(packagesDir, 'client/dist/asyngular-client.min.js');
if (existsSync(browserFile)) {
  const size = gzipSync(readFileSync(browserFile), { level: 9 }).length / 1024;
  console.log(`\nbrowser file: ${size.toFixed(2)} KiB gzip`);
}

function report(name, src) {
  const files = sourceFiles(src).map(readSource);
  const circle = (withTypes) => largestCircle(files, withTypes).length;
  const anys = files.reduce((sum, file) => sum + file.anys, 0);
  console.log(
    `\n${name}: ${files.length} files, largest circle ${circle(true)} with types, ` +
      `${circle(false)} without, any × ${anys}`,
  );
  const folders = Map.groupBy?.(files, folderOf) ?? groupBy(files, folderOf);
  for (const [folder, inside] of [...folders].sort()) {
    const lines = inside.reduce((sum, file) => sum + file.lines, 0);
    console.log(`  ${folder.padEnd(24)} ${inside.length} files, ${lines} lines`);
  }

  function folderOf({ path }) {
    return relative(src, dirname(path)) || '.';
  }
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

function sourceFiles(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function readSource(path) {
  const text = readFileSync(path, 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports = [];
  let anys = 0;
  const visit = (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) anys++;
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const specifier = node.moduleSpecifier.text;
      const isType = ts.isImportDeclaration(node)
        ? node.importClause?.isTypeOnly === true || hasOnlyTypes(node.importClause)
        : node.isTypeOnly;
      if (specifier.startsWith('.')) {
        const target = resolve(dirname(path), specifier.replace(/\.js$/, '.ts'));
        imports.push({ target, isType });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { path, lines: text.split('\n').length - 1, imports, anys };
}

function hasOnlyTypes(clause) {
  const named = clause?.namedBindings;
  return (
    !clause?.name &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.length > 0 &&
    named.elements.every((element) => element.isTypeOnly)
  );
}

/** The largest strongly connected component (Tarjan); 0 files when there is no circle. */
function largestCircle(files, withTypes) {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const order = new Map();
  const low = new Map();
  const stack = [];
  let largest = [];
  const connect = (path) => {
    order.set(path, order.size);
    low.set(path, order.get(path));
    stack.push(path);
    for (const { target, isType } of byPath.get(path).imports) {
      if (!byPath.has(target) || (isType && !withTypes)) continue;
      if (!order.has(target)) {
        connect(target);
        low.set(path, Math.min(low.get(path), low.get(target)));
      } else if (stack.includes(target)) {
        low.set(path, Math.min(low.get(path), order.get(target)));
      }
    }
    if (low.get(path) !== order.get(path)) return;
    const component = stack.splice(stack.indexOf(path));
    if (component.length > 1 && component.length > largest.length) largest = component;
  };
  for (const { path } of files) if (!order.has(path)) connect(path);
  return largest;
}
