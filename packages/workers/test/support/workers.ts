import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AGClientSocket, create } from '@asyngular/client';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { endProcess } from '@asyngular/test-utils/process';
import { until, within } from '@asyngular/test-utils/wait';
import { buildWorkerPrograms, type WorkerPrograms } from '@asyngular/test-utils/worker-programs';
import { afterAll, beforeAll } from 'vitest';
import type { RestartResult, WorkersEvents, WorkersOptions } from '../../src/index.js';

type EventName = keyof WorkersEvents;

/** An event of the workers, as it came from the process that runs them. */
export interface SeenEvent {
  readonly event: EventName;
  readonly data: any;
}

let built: WorkerPrograms | undefined;

/** To be called once in a file of tests. */
export function buildPrograms(): void {
  beforeAll(async () => {
    const programs = join(import.meta.dirname, 'programs');
    built = await buildWorkerPrograms(join(programs, 'primary.ts'), {
      server: join(programs, 'server.ts'),
    });
  });
  afterAll(() => built?.remove());
}

function programs(): WorkerPrograms {
  if (!built) throw new Error('Call buildPrograms() first');
  return built;
}

/** A file of its own for a test, beside the programs. */
export function writeFile(name: string, text: string): string {
  const path = join(programs().directory, name);
  writeFileSync(path, text);
  return path;
}

/** The server of `programs/server.ts`. */
export function serverProgram(): string {
  return join(programs().directory, 'server.js');
}

/** The process that runs workers. */
export class Primary {
  readonly child: ChildProcess;
  readonly events: SeenEvent[] = [];
  output = '';
  /** Of `runWorkers()`, when it rejected. */
  failure: { name: string; message: string } | undefined;
  /** Ports, when it resolved. */
  ports: number[] | undefined;
  readonly #answers = new Map<number, (answer: any) => void>();
  #lastCall = 0;

  constructor(file: string, options: WorkersOptions = {}) {
    const args = [file, JSON.stringify({ workers: 2, spread: 100, args: ['0'], ...options })];
    this.child = fork(programs().primary, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.child.on('message', (message: any) => {
      if (message.event) this.events.push(message);
      if (message.failed) this.failure = message.failed;
      if (message.running) this.ports = message.running;
      if (message.id) this.#answers.get(message.id)?.(message.answer);
    });
    onCleanup(() => endProcess(this.child, (child) => child.kill('SIGKILL')));
  }

  get port(): number {
    const port = this.ports?.[0];
    if (port === undefined) throw new Error('The workers have no port yet');
    return port;
  }

  /** The workers take clients. */
  async running(): Promise<this> {
    await until('the workers to run', () => this.ports !== undefined || this.#isOver, this.seen);
    if (!this.ports) throw new Error(`the workers do not run: ${this.seen()}`);
    return this;
  }

  /** What `runWorkers()` rejected with. */
  async failed(): Promise<{ name: string; message: string }> {
    await until('runWorkers() to reject', () => this.failure !== undefined, this.seen);
    return this.failure!;
  }

  /** Calls a method of the fleet. */
  call(method: 'restart'): Promise<RestartResult>;
  call(method: 'stats' | 'health' | 'close'): Promise<any>;
  call(method: string): Promise<unknown> {
    const id = ++this.#lastCall;
    const answer = new Promise((resolve) => this.#answers.set(id, resolve));
    this.child.send({ id, call: method });
    return within(`the answer of ${method}()`, answer, this.seen);
  }

  /** The data of all events of a name. */
  seenOf<Event extends EventName>(event: Event): WorkersEvents[Event][] {
    return this.events.filter((seen) => seen.event === event).map(({ data }) => data);
  }

  /** Resolves with how the process ended. */
  async ended(): Promise<string> {
    await until('the process to end', () => this.#isOver, this.seen);
    return this.child.signalCode ?? `exit code ${this.child.exitCode}`;
  }

  readonly seen = (): string =>
    `${this.output}\n${this.events.map((seen) => JSON.stringify(seen)).join('\n')}`;

  get #isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** A client that is connected. */
export async function connect(port: number): Promise<AGClientSocket> {
  const socket = create({
    hostname: '127.0.0.1',
    port,
    autoReconnectOptions: { initialDelay: 20, randomness: 20 },
    // node:cluster may hand a connection to a worker that has just been killed, and nobody answers it then.
    connectTimeout: 2_000,
  });
  onCleanup(() => socket.disconnect());
  await within('a connection', socket.listener('connect').once());
  return socket;
}

/** Clients on both of two workers: each has the process id of its worker beside it. */
export async function connectToBoth(port: number): Promise<[AGClientSocket, AGClientSocket]> {
  const byPid = new Map<number, AGClientSocket>();
  await until('a client on each worker', async () => {
    const socket = await connect(port);
    byPid.set(await socket.invoke('whereAmI'), socket);
    return byPid.size > 1;
  });
  return [...byPid.values()] as [AGClientSocket, AGClientSocket];
}
