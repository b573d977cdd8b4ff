import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMicrosOf } from '../control/process-cpu.js';

/** How each is started, at a port, or at the path of a Unix socket. */
const programs: Record<string, (address: string, directory: string) => string[]> = {
  nats: (port, directory) => {
    return ['nats-server', '-a', '127.0.0.1', '-p', port, '--jetstream', '--store_dir', directory];
  },
  redis: (port) => ['redis-server', '--bind', '127.0.0.1', '--port', port, '--save', ''],
  local: (path) => [process.execPath, join(import.meta.dirname, 'hub.js'), path],
};

/** A broker process for one measurement. */
export class Service {
  /** A port of loopback, or the path of a Unix socket. */
  readonly address: string;
  readonly #process: ChildProcess;
  readonly #directory: string;

  private constructor(address: string, child: ChildProcess, directory: string) {
    this.address = address;
    this.#process = child;
    this.#directory = directory;
  }

  static async start(kind: string): Promise<Service> {
    const directory = mkdtempSync(join(tmpdir(), 'asyngular-bench-'));
    const address = kind === 'local' ? join(directory, 'hub.sock') : String(await freePort());
    const [command, ...args] = programs[kind]!(address, directory) as [string, ...string[]];
    const child = spawn(command, args, { stdio: 'ignore' });
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    while (!(await isOpen(address))) {
      if (failure) throw new Error(`${command} is not installed: apt-get install ${command}`);
      await sleep(20);
    }
    return new Service(address, child, directory);
  }

  /** CPU time so far, user and system, in µs; Linux only. */
  cpuMicros(): number {
    return cpuMicrosOf(this.#process.pid!);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await gone;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function isOpen(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const port = Number(address);
    const socket = Number.isNaN(port) ? dial(address) : dial(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy());
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
}
