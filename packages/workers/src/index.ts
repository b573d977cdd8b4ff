// Running a server on all cores

export type { RestartResult, WorkersEvents } from './events.js';
export type { WorkersOptions } from './options.js';
export type { WorkerState } from './primary/worker-run.js';
export { runWorkers } from './run-workers.js';
export type { FleetHealth, FleetStats, WorkerHealth } from './sums/fleet.js';
export { WorkerFleet } from './worker-fleet.js';
