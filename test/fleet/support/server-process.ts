import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ServerHealth } from '@asyngular/server';
import { bundleOf } from '@asyngular/test-utils/bundle';
import { freePort } from '@asyngular/test-utils/ports';
import { endProcess } from '@asyngular/test-utils/process';
import type { Address } from '@asyngular/test-utils/tcp-proxy';
import { within } from '@asyngular/test-utils/wait';

export type BrokerKind = 'nats' | 'redis' | 'local';

export interface ServerSettings {
  readonly brokerKind: BrokerKind;
  /** A port, or the path of a Unix socket. */
  readonly brokerAddress: Address;
  readonly port: number;
  /** All channels are recoverable. */
  readonly hasLogs?: boolean;
  /** Sockets belong to the subjects of their tokens, and a server that falls silent is given up after 900 ms. */
  readonly hasUsers?: boolean;
  /** All channels have presence, with such times in ms. */
  readonly presence?: { readonly serverTimeout: number; readonly presenceGrace: number };
  /** Channels that begin with `log:` have logs, and clients leave over so many ms. */
  readonly deploy?: { readonly spreadMs: number };
}

/** What a server process is asked. */
export type Question = 'health' | 'readsAtOnce';

/** A server process that can be killed and started again on the same port. */
export class ServerProcess {
  readonly settings: ServerSettings;
  #process: ChildProcess | undefined;

  private constructor(settings: ServerSettings) {
    this.settings = settings;
  }

  static async create(
    brokerKind: BrokerKind,
    brokerAddress: Address,
    more: Pick<ServerSettings, 'hasLogs' | 'hasUsers' | 'presence' | 'deploy'> = {},
  ): Promise<ServerProcess> {
    return new ServerProcess({ brokerKind, brokerAddress, port: await freePort(), ...more });
  }

  async start(): Promise<void> {
    const child = fork(
      await bundleOf(join(import.meta.dirname, 'server-main.ts')),
      [JSON.stringify(this.settings)],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        execArgv: [],
      },
    );
    this.#process = child;
    await this.#answer('a server to start', child);
  }

  async health(): Promise<ServerHealth> {
    return (await this.#ask('health')) as ServerHealth;
  }

  /** Reads of one channel's log that were under way at the same time, at most, since the last question. */
  async readsAtOnce(): Promise<number> {
    return (await this.#ask('readsAtOnce')) as number;
  }

  signal(name: NodeJS.Signals): void {
    this.#process!.kill(name);
  }

  /** kill -9, and waits until it is gone. */
  kill(): Promise<void> {
    return this.#end((child) => child.kill('SIGKILL'));
  }

  /** Leaves in good order; the process ends when nothing is left in it. Resolves with its exit code. */
  async leave(how: 'drain' | 'close'): Promise<number | null> {
    await this.#end((child) => child.send(how));
    return this.#process!.exitCode;
  }

  #ask(question: Question): Promise<unknown> {
    const child = this.#process!;
    child.send(question);
    return this.#answer(`the ${question} of a server`, child);
  }

  async #end(act: (child: ChildProcess) => unknown): Promise<void> {
    if (this.#process) await endProcess(this.#process, act);
  }

  async #answer(what: string, child: ChildProcess): Promise<unknown> {
    const listening = new AbortController();
    const { signal } = listening;
    const answered = once(child, 'message', { signal });
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`The server ended with ${code} while waiting for ${what}`);
    });
    try {
      const [message] = await within(what, Promise.race([answered, ended]));
      return message;
    } finally {
      listening.abort();
    }
  }
}
