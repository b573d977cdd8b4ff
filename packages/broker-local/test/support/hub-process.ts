import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleOf } from '@asyngular/test-utils/bundle';
import { nextEvent } from '@asyngular/test-utils/event';
import { endProcess } from '@asyngular/test-utils/process';
import { createDirectory } from '@asyngular/test-utils/service';

/** The hub of local brokers in a process of its own, which can be killed, frozen and started again on the same socket. */
export class HubProcess {
  readonly directory: string;
  readonly address: string;
  #process: ChildProcess | undefined;

  constructor(directory = createDirectory()) {
    mkdirSync(directory, { recursive: true });
    this.directory = directory;
    this.address = join(directory, 'hub.sock');
  }

  async start(): Promise<this> {
    const child = fork(await bundleOf(join(import.meta.dirname, 'hub-main.ts')), [this.address], {
      execArgv: [],
    });
    this.#process = child;
    await nextEvent(child, 'message', () => `exit code ${child.exitCode}`);
    return this;
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.#process) await endProcess(this.#process, (child) => child.kill('SIGKILL'));
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
