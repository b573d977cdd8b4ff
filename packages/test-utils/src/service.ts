import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcess } from './process.js';
import { until } from './wait.js';

/** A real server process on loopback that can be killed, frozen and started again on the same port. */
export class Service {
  readonly port: number;
  /** Where it keeps its files, and what it is started in. */
  readonly directory: string;
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #probe: readonly [question: string, answer: string];
  #process: ChildProcess | undefined;
  #output = '';

  constructor(
    command: string,
    args: readonly string[],
    port: number,
    probe: readonly [string, string],
    directory: string,
  ) {
    this.#command = command;
    this.#args = args;
    this.port = port;
    this.#probe = probe;
    this.directory = directory;
  }

  /** Where clients and proxies find it. */
  get address(): number {
    return this.port;
  }

  async start(): Promise<this> {
    if (spawnSync('sh', ['-c', `command -v ${this.#command}`]).status !== 0) {
      throw new Error(
        `${this.#command} is not installed; these tests need it: apt-get install nats-server redis-server`,
      );
    }
    const child = spawn(this.#command, this.#args, {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    // A test that fails before its clean-up must not leave servers behind.
    const killWithTests = () => child.kill('SIGKILL');
    process.once('exit', killWithTests);
    child.once('exit', () => process.off('exit', killWithTests));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.#output = (this.#output + String(chunk)).slice(-4_000);
      });
    }
    await until(`${this.#command} on port ${this.port}`, () => {
      if (child.exitCode !== null) throw new Error(`${this.#command} ended:\n${this.#output}`);
      return answers(this.port, ...this.#probe);
    });
    return this;
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.#process) await endProcess(this.#process, (child) => child.kill('SIGKILL'));
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A new folder for the files of one service. */
export function createDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'asyngular-test-'));
}

/** Whether a server on loopback answers a question as it should. */
export function answers(port: number, question: string, answer: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    let text = '';
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
    socket.on('connect', () => socket.write(question));
    socket.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes(answer)) done(true);
    });
  });
}
