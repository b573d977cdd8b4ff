import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import type { LoadAnswer, LoadRequest, LoadWorker, StartWorker } from './load-worker.js';

type AnswerOf<Type> = Extract<LoadAnswer, { type: Type }>;

/** Makes the load in a process of its own, which ends with the connection to this one. */
export const startInChild: StartWorker = async (plan, share) => {
  const worker = new ChildWorker(fork(fileURLToPath(new URL('./child.js', import.meta.url))));
  await worker.ask({ type: 'begin', plan, share }, 'begun');
  return worker;
};

class ChildWorker implements LoadWorker {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  async connect(startsAt: number, onProgress: (connected: number) => void) {
    const stop = this.#listen('progress', ({ connected }) => onProgress(connected));
    const { report } = await this.ask({ type: 'connect', startsAt }, 'connected');
    stop();
    return report;
  }

  async send(startsAt: number, onTick: (tick: AnswerOf<'tick'>['tick']) => void): Promise<void> {
    this.#listen('tick', ({ tick }) => onTick(tick));
    await this.ask({ type: 'send', startsAt }, 'sent');
  }

  finish(): Promise<AnswerOf<'finished'>> {
    return this.ask({ type: 'finish' }, 'finished');
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  /** Resolves with the answer; rejects when the process ends before it. */
  ask<Type extends LoadAnswer['type']>(request: LoadRequest, type: Type): Promise<AnswerOf<Type>> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null, signal: string | null) => {
        stop();
        reject(
          new CommandError(
            exitCodes.failed,
            `A process of the load ended by ${signal ?? `exit code ${code}`} before it was done; use fewer clients or more --processes if the system ended it for want of memory`,
          ),
        );
      };
      const stop = this.#listen(type, (answer) => {
        stop();
        this.#child.off('exit', onExit);
        resolve(answer);
      });
      this.#child.once('exit', onExit);
      this.#child.send(request);
    });
  }

  #listen<Type extends LoadAnswer['type']>(
    type: Type,
    listener: (answer: AnswerOf<Type>) => void,
  ): () => void {
    const onMessage = (answer: LoadAnswer) => {
      if (answer.type === type) listener(answer as AnswerOf<Type>);
    };
    this.#child.on('message', onMessage);
    return () => this.#child.off('message', onMessage);
  }
}
