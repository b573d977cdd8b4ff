import type { ToPrimary, ToWorker } from '../../src/messages.js';
import type { Child } from '../../src/primary/child.js';
import type { ProcessEnd } from '../../src/primary/end-reason.js';

/** A worker without a process, which does what a test says. */
export class FakeChild implements Child {
  readonly id: number;
  readonly pid: number;
  readonly sent: ToWorker[] = [];
  isAlive = true;
  #onMessage: (message: ToPrimary) => void = () => {};
  #onEnd: (end: ProcessEnd) => void = () => {};

  constructor(id: number) {
    this.id = id;
    this.pid = 1_000 + id;
  }

  send(message: ToWorker): boolean {
    if (this.isAlive) this.sent.push(message);
    return this.isAlive;
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
