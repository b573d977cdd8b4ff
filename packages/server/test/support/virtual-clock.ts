import type { Clock } from '../../src/turns/clock.js';

interface Task {
  readonly dueMs: number;
  readonly work: () => void;
}

/** A time that passes only when it is told to; what falls due together happens in the order in which it was asked for. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  /** In the order in which they fall due. */
  readonly #tasks: Task[] = [];

  now(): number {
    return this.#nowMs;
  }

  wallNow(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  after(ms: number, work: () => void): () => void {
    return this.#add(this.#nowMs + Math.max(1, ms), work);
  }

  soon(work: () => void): void {
    this.#add(this.#nowMs, work);
  }

  /** Lets time pass, with everything that falls due meanwhile. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let task = this.#tasks[0]; task && task.dueMs <= untilMs; task = this.#tasks[0]) {
      this.#tasks.shift();
      this.#nowMs = Math.max(this.#nowMs, task.dueMs);
      task.work();
    }
    this.#nowMs = untilMs;
  }

  #add(dueMs: number, work: () => void): () => void {
    const task: Task = { dueMs, work };
    let place = this.#tasks.length;
    while (place > 0 && this.#tasks[place - 1]!.dueMs > dueMs) place--;
    this.#tasks.splice(place, 0, task);
    return () => {
      const at = this.#tasks.indexOf(task);
      if (at >= 0) this.#tasks.splice(at, 1);
    };
  }
}
