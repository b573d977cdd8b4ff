import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startProgram } from '@asyngular/test-utils/program';
import { RawClient } from '@asyngular/test-utils/raw-client';
import ts from 'typescript';
import { expect, it } from 'vitest';

// Each server that a page shows as a program of its own is started, and must survive a client that sends
// packets of the right shape with data that it did not expect: such a client is anybody.

const root = resolve(import.meta.dirname, '..');
const pages = [
  'README.md',
  'docs/quickstart.md',
  'docs/authentication.md',
  'docs/server-guide.md',
  'docs/server.md',
].concat(['docs/performance.md', 'packages/server/README.md']);

/** Other packages, files and names of the page's surroundings make an example more than a program of its own. */
const isProgram = (text: string): boolean =>
  /^const server = listen(<\w+>)?\(8000/m.test(text) &&
  !/@asyngular\/client|createJsonCodec|uwsEngine|authJwksUrl|authEngine|NEXT_AUTH_KEY|settings\.json|@ts-expect-error/.test(
    text,
  );

const servers = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = [...text.matchAll(/^```(?:ts|js)\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  return blocks.filter(isProgram).map((source, index) => ({ page, index, source }));
});

const hostile: unknown[] = [
  null,
  5,
  '',
  [],
  {},
  { toString: 1, valueOf: 1 },
  { name: { toString: null } },
  { text: 7, room: {}, a: [], b: null },
  { __proto__: null, constructor: 1, length: -1 },
];

/** The program in JavaScript, on a free port that it prints. What the page takes for granted is given. */
function programOf(source: string): string {
  const script = ts.transpile(source, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ES2022,
  });
  const given = script.includes('show(') ? 'const show = () => {};\n' : '';
  return (
    given +
    script
      .replace(
        /^(const server = listen\(8000.*;)$/m,
        "$1\nserver.httpServer.once('listening', () => console.log('port ' + server.port + '.'));",
      )
      .replace('listen(8000', 'listen(0')
  );
}

it.each(servers)('the server of $page ($index) survives hostile data', async ({ source }) => {
  const program = await startProgram(programOf(source));
  await program.printed('.\n');
  const port = Number(/port (\d+)\./.exec(program.output)![1]);
  const names = new Set(
    [...source.matchAll(/(?:handle|handleTransmit|receiver|procedure|subscribe)\('([^']+)'/g)].map(
      ([, name]) => name!,
    ),
  );
  const client = new RawClient(`ws://127.0.0.1:${port}/asyngular/`);
  await client.handshake();
  for (const name of [...names, 'nobody']) {
    for (const data of hostile) {
      client.transmit(name, data);
      client.send(client.call(name, data));
      client.send({ event: '#publish', data: { channel: name, data } });
    }
  }
  await client.settled();
  expect((await client.request('#unsubscribe', null)).error.name).toBe('InvalidActionError');
  expect(client.closed).toBeUndefined();
  client.terminate();
});

it('finds servers on every page that begins with one', () => {
  expect(new Set(servers.map(({ page }) => page))).toContain('README.md');
  expect(servers.length).toBeGreaterThan(3);
});
