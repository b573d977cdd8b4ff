import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import { unlessAborted } from '../unless-aborted.js';
import { monotonicMs } from './clock.js';
import type { LoadWorker, StartWorker } from './load-worker.js';
import { type BenchOutcome, summarize } from './outcome.js';
import { TOKEN_REFUSED } from './packet-dialect.js';
import { type BenchPlan, deliveriesPerMessage } from './plan.js';
import type { ConnectReport, Tick } from './reports.js';

/** What happens while a run lasts. */
export interface RunEvents {
  /** The phase that begins, and what it is measured in. */
  phase?(phase: 'connecting' | 'measuring' | 'settling'): void;
  connected?(count: number): void;
  tick?(tick: Tick): void;
  /** Right before the first message and after the last one has arrived: when counters of the server are read. */
  measuring?(): Promise<void>;
  measured?(): Promise<void>;
}

/** Time between asking the processes to begin and the first event, so that all of them have heard it. */
const LEAD_MS = 50;
/** After the last message all has come once so much silence follows; if some is missing, `patienceMs` of the plan. */
const SILENCE_MS = 300;
const POLL_MS = 50;

/** Runs a plan on so many processes. Rejects when no connection could be made, or the signal is aborted. */
export async function conduct(
  plan: BenchPlan,
  processes: number,
  start: StartWorker,
  signal: AbortSignal,
  events: RunEvents = {},
): Promise<BenchOutcome> {
  const workers = Array.from({ length: processes }, (_, index) =>
    start(plan, { index, of: processes }),
  );
  const run = async () => runOn(await Promise.all(workers), plan, events);
  try {
    return await unlessAborted(run(), signal);
  } finally {
    // Also those that began beside one that could not.
    for (const worker of workers) worker.then((begun) => begun.close()).catch(() => {});
  }
}

async function runOn(
  workers: readonly LoadWorker[],
  plan: BenchPlan,
  events: RunEvents,
): Promise<BenchOutcome> {
  events.phase?.('connecting');
  const connectsFrom = monotonicMs() + LEAD_MS;
  const counts = workers.map(() => 0);
  const connects = await Promise.all(
    workers.map((worker, index) =>
      worker.connect(connectsFrom, (connected) => {
        counts[index] = connected;
        events.connected?.(sum(counts));
      }),
    ),
  );
  assertSomeConnected(plan, connects);
  await events.measuring?.();
  events.phase?.('measuring');
  const ticks: Tick[] = [];
  const arrivals = new Arrivals();
  const startsAt = monotonicMs() + LEAD_MS;
  await Promise.all(
    workers.map((worker) =>
      worker.send(startsAt, (tick) => {
        ticks.push(tick);
        arrivals.note(tick);
        events.tick?.(tick);
      }),
    ),
  );
  events.phase?.('settling');
  await arrivals.settle(plan);
  await events.measured?.();
  const ended = await Promise.all(workers.map((worker) => worker.finish()));
  return summarize(plan, workers.length, {
    connects,
    connectsFrom,
    ticks: [...ticks, ...ended.map(({ tick }) => tick)],
    finals: ended.map(({ report }) => report),
  });
}

/** Whether messages still arrive. */
class Arrivals {
  #sent = 0;
  #received = 0;
  #silenceMs = 0;

  note({ sent, received }: Tick): void {
    this.#sent += sent;
    this.#received += received;
    if (received > 0) this.#silenceMs = 0;
  }

  /**
   * Waits for what is on its way: shortly if all has come, since something might come twice, and longer if not. Silence
   * is counted in turns of this process rather than by the clock: while a busy machine leaves it no turn it hears nothing.
   */
  async settle(plan: BenchPlan): Promise<void> {
    const endsAt = monotonicMs() + plan.timeoutMs;
    this.#silenceMs = 0;
    while (this.#silenceMs < this.#enoughMs(plan) && monotonicMs() < endsAt) {
      await sleep(POLL_MS);
      this.#silenceMs += POLL_MS;
    }
  }

  #enoughMs(plan: BenchPlan): number {
    const isComplete = this.#received >= this.#sent * deliveriesPerMessage(plan);
    return isComplete ? Math.min(SILENCE_MS, plan.patienceMs) : plan.patienceMs;
  }
}

function assertSomeConnected({ url }: BenchPlan, connects: readonly ConnectReport[]): void {
  if (connects.some(({ connected }) => connected > 0)) return;
  const reasons = [...new Set(connects.flatMap(({ failed }) => Object.keys(failed)))];
  const isRefused = reasons.every((reason) => reason.startsWith(TOKEN_REFUSED));
  const remedy = isRefused
    ? "'asyngular check-token' shows what is in it"
    : `'asyngular doctor ${url}' looks for the reason`;
  throw new CommandError(
    isRefused ? exitCodes.refused : exitCodes.noConnection,
    `None of the clients could connect to ${url}: ${reasons.slice(0, 3).join('; ')}; ${remedy}`,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
