import { type ChildProcess, execSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listen } from '@asyngular/server';
import { assertChromium, chromiumLaunchOptions } from '@asyngular/test-utils/chromium';
import { collect } from '@asyngular/test-utils/collect';
import { freePort } from '@asyngular/test-utils/ports';
import { endProcess } from '@asyngular/test-utils/process';
import { until } from '@asyngular/test-utils/wait';
import { chromium } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { installClient } from './installed-packages.js';
import { DEADLINE_MS, running } from './support.js';

// Next, with all that it needs, takes more than 300 MB: it is installed for this test alone, outside of the
// repository, and from the cache of npm where that has it.

const source = fileURLToPath(new URL('../src/next/', import.meta.url));
const client = fileURLToPath(new URL('../../../packages/client/package.json', import.meta.url));

/** A project of a user, built. */
async function buildProject(environment: NodeJS.ProcessEnv): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), 'asyngular-next-'));
  onTestFinished(() => rmSync(project, { recursive: true, force: true }));
  cpSync(source, project, { recursive: true });
  run(`npm install ${wsOfClient()} --prefer-offline --no-audit --no-fund`, project, environment);
  await installClient(project, true);
  run('npm run build', project, environment);
  return project;
}

/** What the client's package depends on besides its siblings. */
function wsOfClient(): string {
  const { dependencies } = JSON.parse(readFileSync(client, 'utf8'));
  return `ws@${dependencies.ws}`;
}

function run(command: string, cwd: string, env: NodeJS.ProcessEnv): void {
  try {
    execSync(`${command} 2>&1`, { cwd, encoding: 'utf8', env });
  } catch (error) {
    throw new Error(`${command}\n${(error as { stdout: string }).stdout}`);
  }
}

it('a page built by Next connects, and its rendering on the server does not', async () => {
  assertChromium();
  const server = listen(0, { authKey: 'k'.repeat(32) });
  server.handle('greet', (name: string) => `Hello, ${name}`);
  let connections = 0;
  server.httpServer!.on('connection', () => connections++);
  const port = await running({ httpServer: server.httpServer!, server });

  const { NODE_ENV, NODE_OPTIONS, VITEST, ...environment } = process.env;
  environment.NEXT_PUBLIC_SOCKET_URL = `ws://localhost:${port}`;
  environment.NEXT_TELEMETRY_DISABLED = '1';
  const project = await buildProject(environment);
  const url = await startNext(project, environment);

  for (let n = 0; n < 3; n++) {
    const html = await (await fetch(url)).text();
    expect(html).toContain('Asyngular and Next');
    expect(html).toContain('<p>Rendered on the server</p>');
  }
  expect(connections).toBe(0);

  const browser = await chromium.launch(chromiumLaunchOptions);
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  const subscriptions = collect(server.listener('subscription'), ({ channel }) => channel);
  await page.goto(url);
  await page.getByText('Hello, Next').waitFor({ timeout: DEADLINE_MS });
  await until('the subscription', () => subscriptions.includes('news'));
  await server.exchange.invokePublish('news', 'It rains');
  await page.getByText('It rains').waitFor({ timeout: DEADLINE_MS });

  // The hooks: what was rendered on the server is still there when the page has come alive.
  await page.locator('section[data-status=live]').waitFor({ timeout: DEADLINE_MS });
  await server.exchange.invokePublish('headlines', 'The sun shines');
  await page.getByText('The sun shines').waitFor({ timeout: DEADLINE_MS });
  expect(await page.locator('section p').allTextContents()).toEqual([
    'Rendered on the server',
    'The sun shines',
  ]);
  expect(connections).toBe(1);
  expect(complaints).toEqual([]);
}, 600_000);

async function startNext(cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const port = await freePort();
  const bin = join(cwd, 'node_modules/next/dist/bin/next');
  const child: ChildProcess = spawn(process.execPath, [bin, 'start', '-p', String(port)], {
    cwd,
    env,
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  onTestFinished(async () => {
    await endProcess(child, () => child.kill('SIGKILL'));
  });
  await until(
    'Next to be ready',
    () => /Ready/.test(output),
    () => output,
  );
  return `http://localhost:${port}/`;
}
