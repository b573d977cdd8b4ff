import { execSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { freePort } from '@asyngular/test-utils/ports';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { DocsPage } from './support/docs-page.js';

// Follows docs/quickstart.md from an empty folder, with tarballs in place of the registry: its files, its commands.

const root = resolve(import.meta.dirname, '..');
const page = new DocsPage('quickstart.md').text;

/** What the page says to save under a name. */
function fileOf(name: string): string {
  const [, rest = ''] = page.split(`ave as \`${name}\``);
  return rest.match(/^```\w+\n([\s\S]*?)^```$/m)?.[1] ?? '';
}

/** The command of the page that begins like this. */
function commandOf(beginning: string): string {
  const command = page.split('\n').find((line) => line.startsWith(beginning));
  expect(command, beginning).toBeDefined();
  return command!;
}

/** Starts a command with all its children. */
function start(command: string, cwd: string) {
  const child = spawn(command, { cwd, shell: true, detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const end = () => void (isRunning() && process.kill(-child.pid!, 'SIGKILL'));
  onCleanup(end);
  const printed = (text: string | RegExp) =>
    until(
      `${command} to print ${text}`,
      () => output.search(text) >= 0,
      () => output,
    );
  return { printed, end };
}

it('leads from an empty folder to programs that talk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'asyngular-quickstart-'));
  onCleanup(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  const save = (name: string) => {
    const text = fileOf(name);
    expect(text, name).not.toBe('');
    writeFileSync(join(folder, name), text.replaceAll('8000', String(port)));
  };
  const run = (command: string, cwd = folder) => {
    try {
      return execSync(command, { cwd, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${command}\n${stdout}\n${stderr}`);
    }
  };

  const install = run('npm run --silent pack', root).match(/npm install .+\.tgz$/m)?.[0];
  run(commandOf('npm init'));
  run(`${install} --prefer-offline --no-audit --no-fund`);

  save('server.mjs');
  save('client.mjs');
  const server = start(commandOf('node server.mjs'), folder);
  await server.printed('listening on');
  const client = start(commandOf('node client.mjs'), folder);
  await client.printed('Hello, Ada');
  await client.printed(/\S{20} hi/);
  server.end();
  await client.printed('lost the connection');
  client.end();

  for (const name of ['api.ts', 'server.ts', 'client.ts']) save(name);
  run(`${commandOf('npm install --save-dev')} --prefer-offline --no-audit --no-fund`);
  run(commandOf('npx tsc'));
  const typedServer = start(commandOf('npx tsx server.ts'), folder);
  await typedServer.printed('listening on');
  const typedClient = start(commandOf('npx tsx client.ts'), folder);
  await typedClient.printed(/Hello, ADA\s+2/);
}, 300_000);
