import type { HealthStatus, ServerHealth, ServerStats } from '@asyngular/server';
import type { WorkerAnswers } from '../ask.js';
import type { WorkerRun, WorkerState } from '../primary/worker-run.js';
import { worstStatus } from './health.js';
import { sumStats } from './stats.js';

/** Counters and gauges of all workers. */
export interface FleetStats {
  /** The sum of all that answered; `undefined` when none did. What several workers have counts several times. */
  readonly total: ServerStats | undefined;
  /** Of each worker, by its id. */
  readonly workers: ReadonlyMap<number, ServerStats>;
  /** Ids of workers that did not answer within two seconds; their part is missing in `total`. */
  readonly silent: readonly number[];
  /** How often a worker was replaced that had ended unasked. */
  readonly restarts: number;
}

/** How one worker is. */
export interface WorkerHealth {
  readonly worker: number;
  readonly pid: number;
  readonly state: WorkerState;
  /** Of its servers, mostly one; `undefined` when it did not answer within two seconds. */
  readonly servers: readonly ServerHealth[] | undefined;
}

/** How all workers are. */
export interface FleetHealth {
  /**
   * `'ok'` when there are as many workers as there should be and all are well, `'degraded'` when some are; else the
   * worst status of a server.
   */
  readonly status: HealthStatus;
  /** Whether any worker takes clients. */
  readonly isReady: boolean;
  readonly workers: readonly WorkerHealth[];
}

/** From the answers to the question `stats`. */
export function fleetStats(
  { answers, failures, silent }: WorkerAnswers,
  restarts: number,
): FleetStats {
  const workers = new Map<number, ServerStats>();
  for (const [id, stats] of answers) {
    // A worker without servers has none.
    if (stats !== undefined && stats !== null) workers.set(id, stats as ServerStats);
  }
  return {
    total: sumStats([...workers.values()]),
    workers,
    silent: [...silent, ...failures.keys()],
    restarts,
  };
}

/** From the answers to the question `health`. `wanted`: how many workers there should be. */
export function fleetHealth(
  { answers }: WorkerAnswers,
  runs: readonly Pick<WorkerRun, 'id' | 'pid' | 'state'>[],
  wanted: number,
): FleetHealth {
  const workers = runs.map(({ id: worker, pid, state }) => ({
    worker,
    pid,
    state,
    servers: answers.get(worker) as readonly ServerHealth[] | undefined,
  }));
  const statuses = workers.map(({ state, servers }) => statusOf(state, servers));
  const well = statuses.filter((status) => status === 'ok').length;
  const isPartlyWell = well > 0 && well < wanted;
  return {
    status: well >= wanted ? 'ok' : isPartlyWell ? 'degraded' : worstStatus(statuses),
    isReady: well > 0,
    workers,
  };
}

function statusOf(state: WorkerState, servers: readonly ServerHealth[] | undefined): HealthStatus {
  if (state === 'leaving') return 'draining';
  if (state === 'starting') return 'starting';
  // One that does not answer takes no clients either.
  return servers ? worstStatus(servers.map(({ status }) => status)) : 'degraded';
}
