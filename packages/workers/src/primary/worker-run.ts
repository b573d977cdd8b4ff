import type { MetricsOptions, ServerHealth } from '@asyngular/server';
import type { WorkerQuestions } from '../ask.js';
import type { ToPrimary, ToWorker, WorkerSettings } from '../messages.js';
import { isBrokerAway, waitsFor } from '../sums/health.js';
import type { Child } from './child.js';
import { endReason, type ProcessEnd } from './end-reason.js';
import { Watchdog } from './watchdog.js';
import type { Leaving } from './waves.js';

/**
 * Where a worker is in its life. `'waiting'`: it listens, and its broker is away. States only follow each other in
 * this order, and some are left out.
 */
export type WorkerState = 'starting' | 'waiting' | 'ready' | 'leaving' | 'ended';

/** How a worker ended. */
export interface WorkerEnd extends ProcessEnd {
  /** A sentence without its beginning, to follow "because". */
  readonly reason: string;
  /** Whether it was asked to leave, and did. */
  readonly isExpected: boolean;
  /** How long ago it became ready, in ms; 0 for one that never was. */
  readonly readyMs: number;
}

/** Who follows the life of a worker. */
export interface RunWatcher {
  onReady(run: WorkerRun): void;
  /** @param what a broker, as part of a sentence */
  onWaiting(run: WorkerRun, what: string): void;
  /** It has not answered for so long, and is ended if it does not soon. */
  onSilent(run: WorkerRun, silentMs: number): void;
  /** Called also when the primary has asked for it. */
  onLeaving(run: WorkerRun): void;
  onEnded(run: WorkerRun, end: WorkerEnd): void;
  /** A server of it needs the hub of this path. */
  onHub(path: string): void;
  /** A server of it has metrics to show. */
  onMetrics(options: MetricsOptions): void;
}

export interface RunOptions {
  readonly questions: WorkerQuestions;
  readonly settings: WorkerSettings;
  readonly readyTimeout: number;
  /** How long its event loop may be blocked once it has started, in ms; `false` for ever. */
  readonly blockedTimeout: number | false;
  readonly watcher: RunWatcher;
}

/** Time for what the application does after its clients have left, in ms. */
const FAREWELL_MS = 5_000;
/** Time in which a worker that is not ready has to say why, in ms; a blocked one says nothing. */
const WHY_NOT_MS = 1_000;

/** One process, from its start to its end. Another one takes its place. */
export class WorkerRun {
  readonly id: number;
  readonly pid: number;
  /**
   * Resolves when it takes clients, or waits only for its broker. Rejects with what it ended of, when it ends before.
   */
  readonly started: Promise<void>;
  /** Never rejects. */
  readonly ended: Promise<WorkerEnd>;
  /** Ports that its servers listen on, once it is ready. */
  ports: readonly number[] = [];
  readonly #child: Child;
  readonly #options: RunOptions;
  #state: WorkerState = 'starting';
  #readyAt: number | undefined;
  #thrown: string | undefined;
  #endedBecause: string | undefined;
  /** Of becoming ready, later of leaving. */
  #deadline: NodeJS.Timeout | undefined;
  #watchdog: Watchdog | undefined;
  #onStarted!: () => void;

  constructor(child: Child, options: RunOptions) {
    const { readyTimeout } = options;
    this.id = child.id;
    this.pid = child.pid;
    this.#child = child;
    this.#options = options;
    this.ended = new Promise((resolve) => child.onEnd((end) => resolve(this.#onEnd(end))));
    this.started = new Promise((resolve, reject) => {
      this.#onStarted = resolve;
      void this.ended.then(({ reason }) => reject(new Error(reason)));
    });
    // Nobody has to wait for it.
    this.started.catch(() => {});
    child.onMessage((message) => this.#onMessage(message));
    this.#deadline = setTimeout(() => void this.#onLate(), readyTimeout);
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Returns whether it could be sent. */
  send(message: ToWorker): boolean {
    return this.#state !== 'ended' && this.#child.send(message);
  }

  /** Lets nobody in any more; those who are here stay. */
  refuse(): void {
    this.send({ type: 'refuse' });
  }

  /** Lets the clients leave, then ends it. Resolves when it has ended. */
  leave(drain: Leaving): Promise<WorkerEnd> {
    if (this.#state === 'leaving' || this.#state === 'ended') return this.ended;
    const hasClients = this.#state !== 'starting';
    this.#onLeaving(drain);
    if (hasClients) this.send({ type: 'leave', drain });
    else this.#child.kill('SIGKILL');
    return this.ended;
  }

  /** Ends it at once, as somebody wants it. */
  kill(): void {
    if (this.#state === 'ended') return;
    this.#onLeaving({ spread: 0, timeout: 0 });
    this.#child.kill('SIGKILL');
  }

  /** Ends it at once, for a reason that is news. */
  end(because: string): void {
    if (this.#state === 'ended') return;
    this.#endedBecause = because;
    this.#child.kill('SIGKILL');
  }

  #onMessage(message: ToPrimary): void {
    const { questions, settings, watcher } = this.#options;
    switch (message.type) {
      case 'hello':
        this.send({ type: 'settings', settings });
        break;
      case 'ready':
        this.#onReady(message.ports);
        break;
      case 'thrown':
        this.#thrown = message.error;
        break;
      case 'leaving':
        this.#onLeaving(settings.drain);
        break;
      case 'metrics':
        watcher.onMetrics(message.options);
        break;
      case 'hub':
        watcher.onHub(message.path);
        break;
      case 'answer':
      case 'noAnswer':
        questions.onAnswer(this.id, message);
        break;
    }
  }

  #onReady(ports: readonly number[]): void {
    if (this.#state !== 'starting' && this.#state !== 'waiting') return;
    clearTimeout(this.#deadline);
    this.#state = 'ready';
    this.ports = ports;
    this.#readyAt = performance.now();
    this.#watch();
    this.#options.watcher.onReady(this);
    this.#onStarted();
  }

  /** It has not become ready in time: asks why. */
  async #onLate(): Promise<void> {
    const { questions, readyTimeout, watcher } = this.#options;
    const { answers } = await questions.askWorkers([this], 'health', undefined, WHY_NOT_MS);
    if (this.#state !== 'starting') return;
    const servers = answers.get(this.id) as readonly ServerHealth[] | undefined;
    const what = servers ? waitsFor(servers) : 'its event loop, which is blocked';
    if (servers && isBrokerAway(servers)) {
      this.#state = 'waiting';
      this.#watch();
      watcher.onWaiting(this, what);
      this.#onStarted();
    } else {
      this.end(
        `it was not ready within ${readyTimeout} ms and waited for ${what}; see readyTimeout`,
      );
    }
  }

  /** From here to its end, or to its leaving, which has a deadline of its own. */
  #watch(): void {
    const { blockedTimeout, questions, watcher } = this.#options;
    if (blockedTimeout === false) return;
    this.#watchdog ??= new Watchdog({
      blockedTimeout,
      ask: async (timeoutMs) => {
        const { answers } = await questions.askWorkers([this], 'isAlive', undefined, timeoutMs);
        return answers.has(this.id);
      },
      onWarning: (silentMs) => watcher.onSilent(this, silentMs),
      onBlocked: () =>
        this.end(`its event loop was blocked for ${blockedTimeout} ms; see blockedTimeout`),
    });
  }

  #onLeaving({ timeout }: Leaving): void {
    if (this.#state === 'leaving' || this.#state === 'ended') return;
    clearTimeout(this.#deadline);
    this.#watchdog?.stop();
    this.#state = 'leaving';
    const limitMs = timeout + FAREWELL_MS;
    this.#deadline = setTimeout(() => {
      this.end(`it was still there ${limitMs} ms after it was asked to leave; see drainTimeout`);
    }, limitMs);
    this.#options.watcher.onLeaving(this);
  }

  #onEnd(end: ProcessEnd): WorkerEnd {
    clearTimeout(this.#deadline);
    this.#watchdog?.stop();
    const [wasReady, thrown, endedBecause] = [
      this.#readyAt !== undefined,
      this.#thrown,
      this.#endedBecause,
    ];
    const ended: WorkerEnd = {
      ...end,
      reason: endReason({ ...end, wasReady, endedBecause, thrown }),
      isExpected: this.#state === 'leaving' && endedBecause === undefined,
      readyMs: this.#readyAt === undefined ? 0 : performance.now() - this.#readyAt,
    };
    this.#state = 'ended';
    this.#options.questions.onExit(this.id);
    this.#options.watcher.onEnded(this, ended);
    return ended;
  }
}
