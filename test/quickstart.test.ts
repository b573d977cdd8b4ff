import { spawn } from 'node:child_process';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { freePort } from '@asyngular/test-utils/ports';
import { until } from '@asyngular/test-utils/wait';
import { it } from 'vitest';
import { DocsPage } from './support/docs-page.js';
import { PageFolder } from './support/page-folder.js';

// Follows docs/quickstart.md from an empty folder, with tarballs in place of the registry: its files, its commands.

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
  const folder = new PageFolder(new DocsPage('quickstart.md'));
  const port = await freePort();
  const save = (name: string) => folder.save(name, (text) => text.replaceAll('8000', String(port)));
  const startOf = (command: string) => start(folder.command(command), folder.path);
  folder.begin();

  save('server.mjs');
  save('client.mjs');
  const server = startOf('node server.mjs');
  await server.printed('listening on');
  const client = startOf('node client.mjs');
  await client.printed('Hello, Ada');
  await client.printed(/\S{20} hi/);
  server.end();
  await client.printed('lost the connection');
  client.end();

  for (const name of ['api.ts', 'server.ts', 'client.ts']) save(name);
  folder.run('npm install --save-dev typescript');
  folder.run('npx tsc');
  await startOf('npx tsx server.ts').printed('listening on');
  await startOf('npx tsx client.ts').printed(/Hello, ADA\s+2/);
}, 300_000);
