import { TimeoutError } from '@asyngular/errors';
import type { MetricsOptions } from '@asyngular/server';
import type { WorkerQuestions } from '../ask.js';
import type { WorkersEvents } from '../events.js';
import type { WorkerSettings } from '../messages.js';
import type { Fork } from './child.js';
import { type RestartDelays, restartDelayMs, STABLE_MS } from './restart-delay.js';
import type { Leaving } from './waves.js';
import { type RunWatcher, type WorkerEnd, WorkerRun } from './worker-run.js';

/** What the slots say of their workers. */
export type SlotEvent = 'workerStart' | 'workerReady' | 'workerExit' | 'warning';

export interface SlotOwner extends RestartDelays {
  readonly fork: Fork;
  readonly questions: WorkerQuestions;
  readonly readyTimeout: number;
  readonly blockedTimeout: number | false;
  /** Whether workers that end are replaced: neither before the first one has shown that it can be, nor at the end. */
  readonly isReplacing: boolean;
  random(): number;
  openHub(path: string): void;
  showMetrics(options: MetricsOptions): void;
  /** Settings of the next worker. */
  createSettings(): WorkerSettings;
  emit<Event extends SlotEvent>(event: Event, data: WorkersEvents[Event]): void;
}

/** The place of one worker, which another one takes when it ends. */
export class Slot implements RunWatcher {
  /** How often a worker was started because the one before had ended unasked. */
  restarts = 0;
  readonly #owner: SlotOwner;
  /** Workers of this place that have not ended: one, none, or two while one replaces the other. */
  readonly #runs = new Set<WorkerRun>();
  #timer: NodeJS.Timeout | undefined;
  /** Failures in a row. */
  #failures = 0;

  constructor(owner: SlotOwner) {
    this.#owner = owner;
  }

  get runs(): readonly WorkerRun[] {
    return [...this.#runs];
  }

  /** Starts a worker. Rejects with what it ended of when it does so before it takes clients. */
  start(): Promise<void> {
    return this.#spawn().started;
  }

  /**
   * Starts a worker beside those that are here, and lets their clients leave when it takes some. Rejects when it
   * fails before, and once all workers close; then the others stay.
   */
  async replace(leaving: Leaving): Promise<void> {
    if (!this.#owner.isReplacing) throw new Error('the workers are closing');
    const old = this.runs;
    // What would come back by itself comes now.
    this.#cancelRestart();
    const next = this.#spawn();
    await next.started;
    if (next.state === 'waiting') {
      next.end('it could not reach its broker');
      await next.ended;
      throw new Error('it could not reach its broker');
    }
    await Promise.all(old.map((run) => run.leave(leaving)));
  }

  /** Lets nobody in any more, and starts no worker. */
  refuse(): void {
    this.#cancelRestart();
    for (const run of this.#runs) run.refuse();
  }

  /** Lets all clients leave. Resolves when nothing is left. */
  async leave(leaving: Leaving): Promise<void> {
    this.#cancelRestart();
    await Promise.all(this.runs.map((run) => run.leave(leaving)));
  }

  /** Ends everything at once. */
  end(): void {
    this.#cancelRestart();
    for (const run of this.#runs) run.kill();
  }

  #cancelRestart(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #spawn(): WorkerRun {
    const { fork, questions, readyTimeout, blockedTimeout } = this.#owner;
    const settings = this.#owner.createSettings();
    const run = new WorkerRun(fork(), {
      questions,
      settings,
      readyTimeout,
      blockedTimeout,
      watcher: this,
    });
    this.#runs.add(run);
    this.#owner.emit('workerStart', { worker: run.id, pid: run.pid });
    return run;
  }

  onReady({ id: worker, pid, ports }: WorkerRun): void {
    this.#owner.emit('workerReady', { worker, pid, ports });
  }

  onWaiting({ id, pid }: WorkerRun, what: string): void {
    const warning = new TimeoutError(
      `Worker ${id} (pid ${pid}) is not ready, because it waits for ${what}; it goes on waiting`,
    );
    this.#owner.emit('warning', { warning });
  }

  onSilent({ id, pid }: WorkerRun, silentMs: number): void {
    const warning = new TimeoutError(
      `Worker ${id} (pid ${pid}) has not answered for ${silentMs} ms, so its event loop is blocked; ` +
        `it is ended and replaced after ${this.#owner.blockedTimeout} ms, see blockedTimeout`,
    );
    this.#owner.emit('warning', { warning });
  }

  /** Somebody has asked it to leave, and another one takes over from now on. */
  onLeaving(): void {
    if (this.#isVacant) this.#spawn();
  }

  onMetrics(options: MetricsOptions): void {
    this.#owner.showMetrics(options);
  }

  onHub(path: string): void {
    this.#owner.openHub(path);
  }

  onEnded(run: WorkerRun, end: WorkerEnd): void {
    this.#runs.delete(run);
    const { readyMs, ...rest } = end;
    if (!end.isExpected) this.#failures = readyMs < STABLE_MS ? this.#failures + 1 : 1;
    const restartInMs = this.#isVacant ? this.#restartLater() : undefined;
    this.#owner.emit('workerExit', { worker: run.id, pid: run.pid, ...rest, restartInMs });
  }

  /** Whether nobody is here, or will be, and somebody should. */
  get #isVacant(): boolean {
    if (!this.#owner.isReplacing || this.#timer !== undefined) return false;
    return this.runs.every(({ state }) => state === 'leaving');
  }

  #restartLater(): number {
    const delayMs = restartDelayMs(this.#failures, this.#owner, this.#owner.random);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.restarts++;
      this.#spawn();
    }, delayMs);
    return delayMs;
  }
}
