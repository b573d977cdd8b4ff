import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DEADLINE_MS = 5_000;

/**
 * Starts a Redis of our own on a Unix socket, which ends with this process. It has only its memory: a Redis that keeps the
 * board is named by REDIS_URL.
 */
export async function startRedis(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'kanban-'));
  const path = join(directory, 'redis.sock');
  // A process group of its own: Ctrl+C ends the servers first.
  const child = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', path, '--save', '', '--dir', directory],
    { stdio: 'ignore', detached: true },
  );
  const failure = once(child, 'exit').then(
    ([code]) => Promise.reject(new Error(`redis-server ended with exit code ${code}`)),
    () => {
      throw new Error(
        'redis-server is not installed here: apt-get install redis-server, or name one by REDIS_URL',
      );
    },
  );
  failure.catch(() => {});
  process.once('exit', () => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  await Promise.race([failure, listening(path)]);
  return path;
}

async function listening(path: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await answers(path))) {
    if (performance.now() > deadline) throw new Error(`Nothing listens at ${path}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
