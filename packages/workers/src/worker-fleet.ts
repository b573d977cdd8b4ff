import { randomBytes } from 'node:crypto';
import { InvalidActionError, NotSupportedError } from '@asyngular/errors';
import type { MetricsOptions } from '@asyngular/server';
import { AsyncStreamEmitter } from '@asyngular/streams';
import { type WorkerAnswers, WorkerQuestions } from './ask.js';
import type { RestartResult, WorkersEvents } from './events.js';
import { createLog } from './log.js';
import type { WorkerSettings } from './messages.js';
import type { ResolvedWorkersOptions } from './options.js';
import type { Fork } from './primary/child.js';
import { FleetMetrics } from './primary/fleet-metrics.js';
import { Hubs } from './primary/hubs.js';
import { replaceAll } from './primary/rolling-restart.js';
import { Slot } from './primary/slot.js';
import { type Leaving, leaveInWaves } from './primary/waves.js';
import type { WorkerRun } from './primary/worker-run.js';
import { type FleetHealth, type FleetStats, fleetHealth, fleetStats } from './sums/fleet.js';

/** The path of servers that name none; its hub is there before they ask for it. */
const USUAL_PATH = '/asyngular/';

const AUTH_KEY_BYTES = 32;

/** Starts the workers of a fleet; for `runWorkers()` only. */
export let startFleet: (fleet: WorkerFleet) => Promise<void>;
/** Asks all workers of a fleet; for the parts of this package that add up what workers know. */
export let askFleet: (
  fleet: WorkerFleet,
  kind: string,
  payload?: unknown,
) => Promise<WorkerAnswers>;

function withoutHubs(): Error {
  return new NotSupportedError(
    'Windows has no Unix sockets, so that workers whose servers name no broker do not hear each other; use natsBroker() or redisBroker()',
  );
}

/**
 * The workers of a file, started by `runWorkers()`. Those that end unasked are replaced, so that there are as many as
 * were asked for. Its events are streams.
 */
export class WorkerFleet extends AsyncStreamEmitter<WorkersEvents> {
  readonly #options: ResolvedWorkersOptions;
  readonly #questions = new WorkerQuestions();
  readonly #hubs = new Hubs((warning) => this.#announce('warning', { warning }));
  readonly #metrics = new FleetMetrics({
    ask: () => this.#ask('metrics'),
    workers: () => this.#runs.map(({ id }) => id),
    warn: (warning) => this.#announce('warning', { warning }),
  });
  readonly #log: ReturnType<typeof createLog>;
  readonly #slots: readonly Slot[];
  readonly #authKey = randomBytes(AUTH_KEY_BYTES).toString('hex');
  /** The first worker says what concerns all of them. */
  #hasSpokesman = false;
  /** The first worker has shown that the file can be run. */
  #isProven = false;
  /** Until all workers take clients, or one of them shows that they cannot. */
  #starting: Promise<void> | undefined;
  /** A rolling restart that is under way, and the one that was asked for meanwhile. */
  #restarting: Promise<RestartResult> | undefined;
  #nextRestart: Promise<RestartResult> | undefined;
  #closing: Promise<void> | undefined;

  static {
    startFleet = (fleet) => {
      fleet.#starting = fleet.#start().finally(() => {
        fleet.#starting = undefined;
      });
      return fleet.#starting;
    };
    askFleet = (fleet, kind, payload) => fleet.#ask(kind, payload);
  }

  /** @internal Made by `runWorkers()`. */
  constructor(options: ResolvedWorkersOptions, fork: Fork, random: () => number = Math.random) {
    super();
    this.#options = options;
    this.#log = createLog(options.logger);
    const isReplacing = () => this.#isProven && !this.#closing;
    const owner = {
      fork,
      random,
      questions: this.#questions,
      readyTimeout: options.readyTimeout,
      blockedTimeout: options.blockedTimeout,
      restartDelay: options.restartDelay,
      maxRestartDelay: options.maxRestartDelay,
      get isReplacing() {
        return isReplacing();
      },
      createSettings: () => this.#createSettings(),
      showMetrics: (metrics: MetricsOptions) => this.#metrics.show(metrics),
      openHub: (path: string) => void this.#hubs.open(path),
      emit: <Event extends keyof WorkersEvents>(event: Event, data: WorkersEvents[Event]) =>
        this.#announce(event, data),
    };
    this.#slots = Array.from({ length: options.workers }, () => new Slot(owner));
  }

  /** How many workers there should be. */
  get size(): number {
    return this.#options.workers;
  }

  /** Ports that the servers of the workers listen on. */
  get ports(): readonly number[] {
    return [...new Set(this.#runs.flatMap(({ ports }) => ports))];
  }

  /** Counters and gauges of all workers, summed. Resolves within two seconds, also when some do not answer. */
  async stats(): Promise<FleetStats> {
    const restarts = this.#slots.reduce((sum, slot) => sum + slot.restarts, 0);
    return fleetStats(await this.#ask('stats'), restarts);
  }

  /**
   * The metrics of all workers, summed, as OpenMetrics text. Where the servers have the option `metrics`, this process shows
   * them on its port.
   */
  metrics(): Promise<string> {
    return this.#metrics.collect();
  }

  /** Where they are shown; `undefined` while nothing listens there. */
  get metricsPort(): number | undefined {
    return this.#metrics.port;
  }

  /** How the workers are. Resolves within two seconds, also when some do not answer. */
  async health(): Promise<FleetHealth> {
    const runs = this.#runs;
    return fleetHealth(await this.#ask('health'), runs, this.size);
  }

  /**
   * Replaces all workers, one after the other: each by one that already takes clients when its own begin to leave. So
   * a new version of the file takes over. Stops at the first new worker that fails. A call during a restart stands for
   * another one after it, and one while the workers start begins when they have. Rejects with `InvalidActionError` once
   * `close()` was called.
   */
  restart(): Promise<RestartResult> {
    if (this.#closing) {
      return Promise.reject(new InvalidActionError('The workers are closing; start them again'));
    }
    if (this.#restarting) {
      this.#nextRestart ??= this.#restarting.then(() => {
        this.#nextRestart = undefined;
        return this.restart();
      });
      return this.#nextRestart;
    }
    this.#restarting = this.#restart();
    return this.#restarting;
  }

  /**
   * Lets nobody in any more, lets the clients of one worker after the other leave within `spread`, and ends everything.
   * Resolves when nothing is left. May be called again, for the same promise.
   */
  close(): Promise<void> {
    // It is set before the first worker leaves, whose place would be taken otherwise.
    this.#closing ??= Promise.resolve().then(() => this.#close());
    return this.#closing;
  }

  /** Ends all workers at once, with what they are in the middle of. Resolves when nothing is left. */
  end(): Promise<void> {
    const closing = this.close();
    for (const slot of this.#slots) slot.end();
    return closing;
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #drain(): Leaving {
    const { spread, drainTimeout } = this.#options;
    return { spread, timeout: drainTimeout };
  }

  get #runs(): readonly WorkerRun[] {
    return this.#slots.flatMap((slot) => slot.runs);
  }

  #ask(kind: string, payload?: unknown): Promise<WorkerAnswers> {
    return this.#questions.askWorkers(this.#runs, kind, payload);
  }

  async #start(): Promise<void> {
    await this.#hubs.open(USUAL_PATH);
    this.#assertOpen();
    const [first, ...others] = this.#slots;
    // What is wrong with the file, or with its port, is said once.
    await first?.start();
    this.#assertOpen();
    this.#isProven = true;
    if (this.#hubs.folder === undefined) this.#announce('warning', { warning: withoutHubs() });
    await Promise.allSettled(others.map((slot) => slot.start()));
  }

  #assertOpen(): void {
    if (this.#closing) throw new InvalidActionError('they were closed before they ran');
  }

  async #restart(): Promise<RestartResult> {
    // Before that the places are empty, and would be taken twice. Why it failed is what runWorkers() rejects with.
    if (this.#starting) await this.#starting.catch(() => {});
    const result = await replaceAll(this.#slots, this.#drain);
    this.#restarting = undefined;
    if (!this.#closing) this.#announce('restart', result);
    return result;
  }

  async #close(): Promise<void> {
    await leaveInWaves(this.#slots, this.#drain);
    this.#metrics.close();
    await this.#hubs.close();
    this.closeAllListeners();
  }

  #createSettings(): WorkerSettings {
    const speaksForAll = !this.#hasSpokesman;
    this.#hasSpokesman = true;
    return {
      authKey: this.#authKey,
      hubFolder: this.#hubs.folder,
      speaksForAll,
      reusePort: this.#options.reusePort,
      drain: this.#drain,
    };
  }

  #announce<Event extends keyof WorkersEvents>(event: Event, data: WorkersEvents[Event]): void {
    // Before the first worker is proven, its end is what runWorkers() rejects with.
    if (this.#isProven || event !== 'workerExit') this.#log(event, data);
    (this as AsyncStreamEmitter).emit(event as string, data);
  }
}
