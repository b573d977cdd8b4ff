import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

// A test that waits in vain has to say for what, and what came instead. So each wait for an event has a limit
// of its own, or is passed to a helper that has one.

/** They have a limit, and name what they wait for. */
const helpers: ReadonlySet<string> = new Set(['within', 'soon', 'rejection', 'nextEvent']);

/** Files with waits that need no helper. */
const exceptions: readonly string[] = [
  // once() is what the tests of the streams are about; their time is faked.
  ...['acceptance', 'async-stream-emitter', 'exports', 'memory', 'resume'].map(
    (name) => `packages/streams/test/${name}.test.ts`,
  ),
  // Its visitor has a limit, and says what both sides saw.
  'packages/server/test/churn.test.ts',
];

const root = resolve(import.meta.dirname, '..');

function testFiles(): string[] {
  return ['packages', 'test', 'examples', 'interop'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(test|acceptance)\.ts$/.test(name) && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  );
}

/** Places in the text of a test that wait for an event for as long as it takes. */
function endlessWaits(name: string, text: string): string[] {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isLeftAlone(node) || isBounded(node, text)) return;
    if (!isWait(node)) {
      ts.forEachChild(node, visit);
      return;
    }
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${name}:${line + 1} ${node.getText().split('\n')[0]}`);
  };
  visit(file);
  return found;
}

/** `stream.once()`, `once(emitter, 'event')`, and promises that listen. */
function isWait(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) {
    return (
      node.expression.getText() === 'Promise' && /\b(once|on|listen|close)\(/.test(node.getText())
    );
  }
  if (!ts.isCallExpression(node) || nameOf(node) !== 'once') return false;
  return node.arguments.length === (ts.isPropertyAccessExpression(node.expression) ? 0 : 2);
}

/** `void promise` and `promise.then(note);`: nothing waits for these. */
function isLeftAlone(node: ts.Node): boolean {
  if (ts.isVoidExpression(node)) return true;
  if (!ts.isExpressionStatement(node) || !ts.isCallExpression(node.expression)) return false;
  return nameOf(node.expression) === 'then';
}

/** A call of a helper, or a variable that only helpers wait for. */
function isBounded(node: ts.Node, text: string): boolean {
  if (ts.isCallExpression(node)) return helpers.has(nameOf(node));
  if (!ts.isVariableDeclaration(node)) return false;
  const name = node.name.getText();
  const isPassedOn = new RegExp(`(${[...helpers].join('|')})\\([^;]*\\b${name}\\b`).test(text);
  return isPassedOn && !new RegExp(`await ${name}\\b`).test(text);
}

function nameOf({ expression }: ts.CallExpression): string {
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
}

it('every wait for an event has a limit, and names what it waits for', () => {
  const found = testFiles()
    .filter((name) => !exceptions.includes(name))
    .flatMap((name) => endlessWaits(name, readFileSync(join(root, name), 'utf8')));
  expect(found, 'pass these to within(), or give them a limit').toEqual([]);
});

it('no exception is out of date', () => {
  const needless = exceptions.filter(
    (name) => endlessWaits(name, readFileSync(join(root, name), 'utf8')).length === 0,
  );
  expect(needless).toEqual([]);
});

it.each([
  "await socket.listener('close').once();",
  "await once(server, 'listening');",
  "await new Promise((resolve) => ws.once('open', resolve));",
  'const closed = socket.once(); await closed;',
  'const closed = socket.once();',
])('finds %s', (text) => {
  expect(endlessWaits('a.test.ts', text)).toHaveLength(1);
});

it.each([
  "await within('the close', socket.listener('close').once());",
  "const closed = socket.once(); await within('the close', closed);",
  'await channel.once(5_000);',
  "await once(server, 'listening', { signal });",
  'void socket.once();',
  'socket.once().then(note);',
  'await new Promise((resolve) => setImmediate(resolve));',
])('lets %s pass', (text) => {
  expect(endlessWaits('a.test.ts', text)).toEqual([]);
});
