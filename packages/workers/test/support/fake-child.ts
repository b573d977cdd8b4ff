import type { ToPrimary, ToWorker } from '../../src/messages.js';
import type { Child } from '../../src/primary/child.js';
import type { ProcessEnd } from '../../src/primary/end-reason.js';

/** A worker without a process, which does what a test says. */
export class FakeChild implements Child {
  readonly id: number;
  readonly pid: number;
  readonly sent: ToWorker[] = [];
  isAlive = true;
  /** Questions whether its event loop turns, while it does not. */
  #blocked: number[] | undefined;
  #onMessage: (message: ToPrimary) => void = () => {};
  #onEnd: (end: ProcessEnd) => void = () => {};

  constructor(id: number) {
    this.id = id;
    this.pid = 1_000 + id;
  }

  send(message: ToWorker): boolean {
    if (!this.isAlive) return false;
    if (message.type !== 'question' || message.kind !== 'isAlive') this.sent.push(message);
    else if (this.#blocked) this.#blocked.push(message.id);
    else this.#confirm(message.id);
    return true;
  }

  /** Its event loop does not turn any more. */
  block(): void {
    this.#blocked = [];
  }

  /** It turns again, and what has come meanwhile is read. */
  unblock(): void {
    for (const id of this.#blocked ?? []) this.#confirm(id);
    this.#blocked = undefined;
  }

  #confirm(id: number): void {
    queueMicrotask(() => this.say({ type: 'answer', id, answer: true }));
  }

  kill(signal: NodeJS.Signals): void {
    this.end({ code: null, signal });
  }

  onMessage(callback: (message: ToPrimary) => void): void {
    this.#onMessage = callback;
  }

  onEnd(callback: (end: ProcessEnd) => void): void {
    this.#onEnd = callback;
  }

  /** What the worker says. */
  say(message: ToPrimary): void {
    this.#onMessage(message);
  }

  ready(): void {
    this.say({ type: 'ready', ports: [8000] });
  }

  end(end: ProcessEnd): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#onEnd(end);
  }
}
