import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

interface PendingRequest {
  resolve: (result: any) => void;
  reject: (error: Error) => void;
}

/** Whether processes can be pinned: `taskset` exists and there are two cores to keep apart. */
export const canPin: boolean =
  availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0;

/** A process of its own, pinned to one core where that is possible, called through IPC. */
export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #pending = new Map<number, PendingRequest>();
  #lastId = 0;
  #failure: Error | undefined;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#process = child;
    child.on('message', (answer: { id: number; result?: unknown; error?: string }) => {
      const request = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      if (answer.error === undefined) request?.resolve(answer.result);
      else request?.reject(new Error(`${name}: ${answer.error}`));
    });
    child.on('error', (error) => this.#fail(error));
    child.on('exit', (code, signal) => {
      this.#fail(new Error(`${name} ended early (${signal ?? `exit code ${code}`}).`));
    });
  }

  /** Starts `script` (a path inside dist/) on `core`, or any, and resolves when it answers. */
  static async start(
    script: string,
    args: string[],
    options: { core?: number; exposeGc?: boolean; heapMib?: number },
  ): Promise<Child> {
    const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
    const node = [process.execPath, '--enable-source-maps'];
    if (options.exposeGc) node.push('--expose-gc');
    if (options.heapMib !== undefined) node.push(`--max-old-space-size=${options.heapMib}`);
    const pin = canPin && options.core !== undefined ? ['taskset', '-c', `${options.core}`] : [];
    const line = [...pin, ...node, path, ...args];
    const child = spawn(line[0]!, line.slice(1), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // No peer may gain from a native addon that another does not have.
      env: { ...process.env, WS_NO_BUFFER_UTIL: '1', WS_NO_UTF_8_VALIDATE: '1' },
    });
    const started = new Child([script, ...args].join(' '), child);
    await started.#answer(0, 20_000, 'start');
    return started;
  }

  /** Of the program itself: taskset gives its process to it. */
  get pid(): number {
    return this.#process.pid!;
  }

  /** Calls a method of the process; rejects when it throws, ends, or takes longer than `timeoutMs`. */
  call<Result>(method: string, params: unknown = {}, timeoutMs = 60_000): Promise<Result> {
    this.#lastId += 1;
    const answer = this.#answer(this.#lastId, timeoutMs, method);
    if (!this.#failure) this.#process.send({ id: this.#lastId, method, params });
    return answer;
  }

  /** Rejects when the process ends by itself. */
  ended(): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.#process.once('exit', () => reject(this.#failure));
    });
  }

  /** Ends the process and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#failure) return;
    const gone = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await gone;
  }

  #answer(id: number, timeoutMs: number, method: string): Promise<any> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Error(`${this.#name}: ${method} took longer than ${timeoutMs} ms.`));
      }, timeoutMs);
      const settle = <Value>(then: (value: Value) => void) => {
        return (value: Value) => {
          clearTimeout(timer);
          then(value);
        };
      };
      this.#pending.set(id, { resolve: settle(resolve), reject: settle(reject) });
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
