import type { ToPrimary, ToWorker } from './messages.js';

/** A worker that questions are sent to. */
export interface AskedWorker {
  readonly id: number;
  /** Returns whether it could be sent: `false` for a worker that has gone. */
  send(message: ToWorker): boolean;
}

/** What came of a question to all workers. Each of them is in exactly one of the three. */
export interface WorkerAnswers {
  /** By the id of the worker. */
  readonly answers: ReadonlyMap<number, unknown>;
  /** Why workers could not answer, by their id: what they threw, or that they do not know the question. */
  readonly failures: ReadonlyMap<number, string>;
  /** Workers that said nothing in time, or have gone. */
  readonly silent: readonly number[];
}

/** Time that workers have for an answer, in ms: a busy one answers late, and a blocked one never. */
const ANSWER_TIMEOUT_MS = 2_000;

interface Question {
  readonly waitsFor: Set<number>;
  readonly answers: Map<number, unknown>;
  readonly failures: Map<number, string>;
  readonly gone: number[];
  end(): void;
}

/**
 * Questions of the primary to its workers. A kind of question has its answer in the table of
 * `worker/answers.ts`; payload and answer are what JSON can carry. Every question ends at its deadline.
 */
export class WorkerQuestions {
  readonly #questions = new Map<number, Question>();
  #lastId = 0;

  /**
   * Asks each of the workers, and resolves when all have answered, failed or gone, at the latest after
   * `timeoutMs`. Never rejects: who did not answer is part of the answer.
   */
  askWorkers(
    workers: readonly AskedWorker[],
    kind: string,
    payload: unknown = undefined,
    timeoutMs = ANSWER_TIMEOUT_MS,
  ): Promise<WorkerAnswers> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const waitsFor = new Set(workers.map((worker) => worker.id));
      const gone: number[] = [];
      const answers = new Map<number, unknown>();
      const failures = new Map<number, string>();
      const end = (): void => {
        clearTimeout(timer);
        this.#questions.delete(id);
        resolve({ answers, failures, silent: [...gone, ...waitsFor] });
      };
      const timer = setTimeout(end, timeoutMs);
      this.#questions.set(id, { waitsFor, answers, failures, gone, end });
      for (const worker of workers) {
        if (worker.send({ type: 'question', id, kind, payload })) continue;
        waitsFor.delete(worker.id);
        gone.push(worker.id);
      }
      if (waitsFor.size === 0) end();
    });
  }

  /** An answer that has come; one that is late, or was not asked for, has no effect. */
  onAnswer(workerId: number, message: Extract<ToPrimary, { id: number }>): void {
    const question = this.#questions.get(message.id);
    if (!question?.waitsFor.delete(workerId)) return;
    if (message.type === 'answer') question.answers.set(workerId, message.answer);
    else question.failures.set(workerId, message.reason);
    if (question.waitsFor.size === 0) question.end();
  }

  /** Nothing comes from a worker any more. */
  onExit(workerId: number): void {
    for (const question of [...this.#questions.values()]) {
      if (!question.waitsFor.delete(workerId)) continue;
      question.gone.push(workerId);
      if (question.waitsFor.size === 0) question.end();
    }
  }
}
