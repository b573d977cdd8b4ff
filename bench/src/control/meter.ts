import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { setTimeout as sleep } from 'node:timers/promises';

/** What one measured stretch of a process cost. */
export interface Usage {
  /** CPU time of all its threads, user and system, in µs. */
  cpuMicros: number;
  wallMs: number;
  /** Resident memory gained since the start, in bytes. */
  rssDelta: number;
  /** With `watchesTurns`, the most CPU time that passed between two ticks of a timer of 5 ms, in µs. */
  longestTurnMicros: number;
  /** Living objects and buffers gained since the start, in bytes; exact only with `collect`. */
  liveDelta: number;
}

export interface MeterOptions {
  /** Collect garbage before both readings (memory scenarios; needs --expose-gc). */
  collect?: boolean;
  /** Find out how long the event loop is busy with other things, however busy the machine is. */
  watchesTurns?: boolean;
  /** Write a CPU profile of exactly the measured stretch to this path. */
  profile?: string;
}

const TICK_MS = 5;

/** Reads CPU time and memory of this process between `start` and `stop`. */
export class Meter {
  #options: MeterOptions = {};
  #session: Session | undefined;
  #cpu = process.cpuUsage();
  #rss = 0;
  #live = 0;
  #startedAt = 0;
  #longestTurnMicros = 0;
  #watch: NodeJS.Timeout | undefined;

  async start(options: MeterOptions): Promise<void> {
    this.#options = options;
    if (options.collect) await collectGarbage();
    if (options.profile) {
      this.#session = new Session();
      this.#session.connect();
      await post(this.#session, 'Profiler.enable');
      await post(this.#session, 'Profiler.setSamplingInterval', { interval: 200 });
      await post(this.#session, 'Profiler.start');
    }
    this.#rss = process.memoryUsage.rss();
    this.#live = liveBytes();
    this.#startedAt = performance.now();
    this.#cpu = process.cpuUsage();
    this.#longestTurnMicros = 0;
    if (options.watchesTurns) this.#watchTurns();
  }

  #watchTurns(): void {
    let before = process.cpuUsage();
    this.#watch = setInterval(() => {
      const now = process.cpuUsage();
      const spent = now.user - before.user + now.system - before.system;
      before = now;
      this.#longestTurnMicros = Math.max(this.#longestTurnMicros, spent);
    }, TICK_MS);
  }

  async stop(): Promise<Usage> {
    const cpu = process.cpuUsage(this.#cpu);
    const wallMs = performance.now() - this.#startedAt;
    clearInterval(this.#watch);
    if (this.#session && this.#options.profile) {
      const { profile } = (await post(this.#session, 'Profiler.stop')) as { profile: unknown };
      writeFileSync(this.#options.profile, JSON.stringify(profile));
      this.#session.disconnect();
      this.#session = undefined;
    }
    if (this.#options.collect) await collectGarbage();
    const rssDelta = process.memoryUsage.rss() - this.#rss;
    const liveDelta = liveBytes() - this.#live;
    const longestTurnMicros = this.#longestTurnMicros;
    return { cpuMicros: cpu.user + cpu.system, wallMs, rssDelta, liveDelta, longestTurnMicros };
  }
}

function liveBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Several collections with pauses: finalizers and freed pages need more than one turn. */
async function collectGarbage(): Promise<void> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error('This process was started without --expose-gc.');
  for (let turn = 0; turn < 5; turn += 1) {
    gc();
    await sleep(100);
  }
}

function post(session: Session, method: string, params: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error, result) => (error ? reject(error) : resolve(result)));
  });
}
