import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import type { LoadAnswer, LoadRequest, LoadWorker, StartWorker } from './load-worker.js';

type AnswerOf<Type> = Extract<LoadAnswer, { type: Type }>;

/** How long an error waits for the exit that may be its reason. */
const EXIT_GRACE_MS = 1_000;

/** Makes the load in a process of its own, which ends with the connection to this one. */
export const startInChild: StartWorker = async (plan, share) => {
  const worker = new ChildWorker(fork(fileURLToPath(new URL('./child.js', import.meta.url))));
  await worker.ask({ type: 'begin', plan, share }, 'begun');
  return worker;
};

class ChildWorker implements LoadWorker {
  readonly #child: ChildProcess;
  /** Rejects when the process ends, whether or not anything is asked of it at that time. */
  readonly #ended: Promise<never>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((_resolve, reject) => {
      let withoutExit: NodeJS.Timeout | undefined;
      child.once('exit', (code, signal) => {
        clearTimeout(withoutExit);
        reject(endedEarly(signal ?? `exit code ${code}`));
      });
      // It could not be started, or cannot be asked any more. Mostly because it has just ended: how says more than this.
      child.on('error', ({ message }) => {
        withoutExit ??= setTimeout(() => reject(endedEarly(message)), EXIT_GRACE_MS);
      });
    });
    this.#ended.catch(() => {});
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

  /** Resolves with the answer; rejects when the process ends before it, or has ended. */
  async ask<Type extends LoadAnswer['type']>(
    request: LoadRequest,
    type: Type,
  ): Promise<AnswerOf<Type>> {
    let stop = () => {};
    const answered = new Promise<AnswerOf<Type>>((resolve) => {
      stop = this.#listen(type, resolve);
    });
    if (this.#child.connected) this.#child.send(request);
    try {
      return await Promise.race([answered, this.#ended]);
    } finally {
      stop();
    }
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

function endedEarly(how: string): CommandError {
  return new CommandError(
    exitCodes.failed,
    `A process of the load ended by ${how} before it was done; use fewer clients or more --processes if the system ended it for want of memory`,
  );
}
