// Checks what users would install: each public package is packed, linted (publint), its types resolved the
// way every module system resolves them (are-the-types-wrong), and all tarballs together are installed into
// an empty project that type-checks with every TypeScript and runs from ES modules and from CommonJS.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packInto, publicPackages, tarballsIn } from './tarballs.mjs';
import { checkTypes, compilers } from './types-matrix/types-matrix.mjs';

const work = mkdtempSync(join(tmpdir(), 'asyngular-pack-'));
const problems = [];
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

// Node 20.19 loads ES modules with require(), so what older resolutions miss is expected.
const expected = new Set(['CJSResolvesToESM', 'NoResolution', 'InternalResolutionError']);

// The whole test command has packed already, and says where.
const folder = process.env.TARBALLS ?? join(work, 'tarballs');
if (!process.env.TARBALLS) packInto(folder);
const tarballs = tarballsIn(folder);
for (const name of publicPackages) {
  const bytes = readFileSync(tarballs[`@asyngular/${name}`]);
  const contents = createPackageFromTarballData(bytes);
  if (!contents.fileExists(`/node_modules/@asyngular/${name}/LICENSE`)) {
    problems.push(`${name}: has no LICENSE`);
  }

  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(bytes).buffer },
    strict: true,
  });
  for (const message of messages) problems.push(`${name}: ${formatMessage(message, pkg)}`);
  // What the registry shows and searches, and without which it would publish a scoped package for nobody.
  for (const member of ['description', 'keywords', 'author', 'license', 'publishConfig']) {
    if (pkg[member] === undefined) problems.push(`${name}: package.json has no ${member}`);
  }

  const result = await checkPackage(contents);
  for (const problem of result.problems ?? []) {
    if (expected.has(problem.kind) && problem.resolutionKind !== 'bundler') continue;
    problems.push(
      `${name}: ${problem.kind} ${problem.entrypoint ?? ''} ${problem.resolutionKind ?? ''}`,
    );
  }
}

/** Makes an empty project with these dependencies; our own ones, of any depth, are the tarballs. */
function createProject(folder, dependencies) {
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, type: 'module', dependencies, overrides: tarballs };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
    folder,
  );
}

// What pages use, without the types of Node, beside the compilers; and in a folder of its own all packages.
const page = join(work, 'page');
const project = join(page, 'server');
const write = (file, text) => writeFileSync(join(project, file), text);
const ofPages = [
  'client',
  'contract',
  'codec-msgpack',
  'streams',
  'channels',
  'protocol',
  'errors',
].map((name) => [`@asyngular/${name}`, tarballs[`@asyngular/${name}`]]);
const usage = `
import { create, AGClientSocket, version } from '@asyngular/client';
import { listen, AGServer } from '@asyngular/server';
import { uwsEngine } from '@asyngular/server/uws';
import { AsyncStreamEmitter, ConsumableStream, StreamDemux, WritableConsumableStream } from '@asyngular/streams';
void [AGClientSocket, AGServer, uwsEngine, AsyncStreamEmitter, ConsumableStream, StreamDemux, WritableConsumableStream];
const server = listen(0);
server.httpServer.once('listening', async () => {
  const { port } = server.httpServer.address();
  (async () => {
    for await (const { socket } of server.listener('connection')) {
      for await (const request of socket.procedure('double')) request.end(request.data * 2);
    }
  })();
  const socket = create({ hostname: '127.0.0.1', port });
  console.log(version, await socket.invoke('double', 21));
  socket.disconnect();
  await server.close();
  server.httpServer.close();
});
`;
const commonJs = usage.replaceAll(/import (\{.*?\}) from ('.*?');/g, 'const $1 = require($2);');
try {
  createProject(page, { ...Object.fromEntries(ofPages), ...compilers });
  createProject(project, { ...tarballs, '@types/node': '20', '@types/ws': '8' });
  problems.push(...checkTypes('page', page), ...checkTypes('server', project));
  write('usage.mjs', usage);
  write('usage.cjs', commonJs);
  for (const file of ['usage.mjs', 'usage.cjs']) {
    const output = run(process.execPath, [file], project).trim();
    if (!output.endsWith(' 42'))
      problems.push(`${file} printed ${JSON.stringify(output)}, expected "<version> 42"`);
    else console.log(`${file}: ${output}`);
  }
} catch (error) {
  problems.push(`${error.message}\n${error.stdout ?? ''}`);
}
rmSync(work, { recursive: true, force: true });

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`${publicPackages.length} packages: contents, types and a fresh install are fine`);
