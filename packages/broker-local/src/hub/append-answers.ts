import type { Appended } from '@asyngular/broker';
import { MAX_OPEN_APPENDS, REMEMBER_MS } from '../options.js';
import { FrameError } from '../wire/frame-error.js';

/** Workers that are gone, and had not confirmed all their answers. */
const MAX_GONE = 256;

/**
 * The answers to appends that a worker may not have got. After a lost connection it sends again what it has no answer
 * to, and gets the answer of the first time.
 */
export class AppendAnswers {
  /**
   * By the sequence of the envelope. Those of earlier connections come first; the worker got most of them without being
   * able to say so.
   */
  readonly #answers = new Map<number, Appended>();
  /** Those given on the present connection and not confirmed, oldest first, from `#head` on. */
  #given: number[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#answers.size === 0;
  }

  /** The worker has connected again, and counts from the beginning. */
  restart(): void {
    this.#given = [];
    this.#head = 0;
  }

  find(sequence: number): Appended | undefined {
    return this.#answers.get(sequence);
  }

  /** An answer is on its way. */
  give(sequence: number, answer: Appended): void {
    if (this.#given.length - this.#head >= MAX_OPEN_APPENDS) {
      throw new FrameError(
        `more than ${MAX_OPEN_APPENDS} appends whose answers it did not confirm`,
      );
    }
    this.#answers.delete(sequence);
    if (this.#answers.size >= MAX_OPEN_APPENDS) this.#forgetOldest();
    this.#answers.set(sequence, answer);
    this.#given.push(sequence);
  }

  /** So many more answers have arrived: what they answered does not come again. */
  confirm(count: number): void {
    if (count > this.#given.length - this.#head) {
      throw new FrameError('a worker that confirms more answers than it got');
    }
    for (let left = count; left > 0; left--) this.#answers.delete(this.#given[this.#head++]!);
    if (this.#head * 2 <= this.#given.length) return;
    this.#given.splice(0, this.#head);
    this.#head = 0;
  }

  #forgetOldest(): void {
    for (const sequence of this.#answers.keys()) {
      this.#answers.delete(sequence);
      return;
    }
  }
}

/** The answers of all workers, also of those that are gone and may come back. */
export class AnswersByWorker {
  readonly #present = new Map<string, AppendAnswers>();
  /** In the order in which they went. */
  readonly #gone = new Map<string, { readonly answers: AppendAnswers; readonly atMs: number }>();

  /** A worker has connected. */
  come(worker: string): AppendAnswers {
    const answers = this.#present.get(worker) ?? this.#gone.get(worker)?.answers;
    const known = answers ?? new AppendAnswers();
    this.#gone.delete(worker);
    this.#present.set(worker, known);
    known.restart();
    return known;
  }

  /** A worker is gone; `mayReturn`: it did not say that it closes. */
  go(worker: string, mayReturn: boolean): void {
    const answers = this.#present.get(worker);
    this.#present.delete(worker);
    if (answers && mayReturn && !answers.isEmpty) {
      this.#gone.set(worker, { answers, atMs: performance.now() });
    }
    const limit = performance.now() - REMEMBER_MS;
    for (const [name, { atMs }] of this.#gone) {
      if (atMs > limit && this.#gone.size <= MAX_GONE) return;
      this.#gone.delete(name);
    }
  }
}
