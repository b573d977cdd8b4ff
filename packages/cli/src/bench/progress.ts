import type { Terminal } from '../terminal.js';
import type { RunEvents } from './conduct.js';
import type { BenchPlan } from './plan.js';
import { number } from './print-outcome.js';
import type { Tick } from './reports.js';

/** Shows how a run goes, on one line of standard error that is written over; without a terminal it shows nothing. */
export class Progress implements RunEvents {
  readonly #terminal: Terminal;
  readonly #plan: BenchPlan;
  #phase = '';
  #sent = 0;
  #received = 0;
  #lagMs = 0;
  #at = 0;

  constructor(plan: BenchPlan, terminal: Terminal) {
    this.#plan = plan;
    this.#terminal = terminal;
  }

  phase(phase: string): void {
    this.#phase = phase;
    this.#show(phase);
  }

  connected(count: number): void {
    this.#show(`connecting: ${count} of ${this.#plan.clients + this.#plan.publishers}`);
  }

  tick({ at, sent, received, lagMs }: Tick): void {
    this.#at = Math.max(this.#at, at);
    this.#sent += sent;
    this.#received += received;
    this.#lagMs = Math.max(this.#lagMs, lagMs);
    const seconds = `${Math.round(this.#at / 1_000)} of ${number(this.#plan.durationMs / 1_000)} s`;
    this.#show(
      `${this.#phase}: ${seconds}, ${this.#sent} sent, ${this.#received} received, loop lag ${number(this.#lagMs)} ms`,
    );
  }

  /** Leaves the line empty. */
  end(): void {
    this.#show('');
  }

  #show(text: string): void {
    if (!this.#terminal.showsProgress) return;
    // Back to the beginning of the line, and what was on it is erased: ECMA-48, 8.3.41 (EL).
    this.#terminal.writeError(`\r\u001b[K${text.slice(0, this.#terminal.size.columns - 1)}`);
  }
}
