import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerName } from './settings.js';

const START_DEADLINE_MS = 5_000;

/** Both keep the history of rooms: JetStream in `directory`, Redis in its memory. */
const programs = {
  nats: (port: number, directory: string) => [
    'nats-server',
    '-a',
    '127.0.0.1',
    '-p',
    `${port}`,
    '--jetstream',
    '--store_dir',
    directory,
  ],
  redis: (port: number) => [
    'redis-server',
    '--bind',
    '127.0.0.1',
    '--port',
    `${port}`,
    '--save',
    '',
  ],
} as const;

/** Starts a broker on a free port of this machine, for trying things out. It ends with this process. */
export async function startLocalBroker(name: BrokerName): Promise<{ readonly url: string }> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'asyngular-cluster-'));
  const [command, ...args] = programs[name](port, directory) as [string, ...string[]];
  // A process group of its own: Ctrl+C ends the servers first, then they end the broker.
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  const failure = new Promise<never>((_resolve, reject) => {
    child.once('error', () =>
      reject(
        new Error(
          `${command} is not installed here: apt-get install ${command}, or name a broker that runs: --url`,
        ),
      ),
    );
    child.once('exit', (code) => reject(new Error(`${command} ended with exit code ${code}`)));
  });
  failure.catch(() => {});
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', stop);
  await Promise.race([failure, listening(port)]);
  return { url: `${name}://127.0.0.1:${port}` };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function listening(port: number): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = dial(port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    if (performance.now() > deadline) throw new Error(`Nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
