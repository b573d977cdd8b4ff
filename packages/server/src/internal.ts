// For the packages of this repository only; may change in any release.
export type { FleetTopic, FleetTopicHandler } from './fleet/types.js';
export { MetricsServer } from './metrics/metrics-server.js';
export { harmlessLogger } from './server/harmless-logger.js';
export {
  type InspectedChannel,
  inspectionOf,
  ServerInspection,
  type WatchedPublication,
} from './server/inspection.js';
export { setWorkerHost, type WorkerHost } from './server/worker-host.js';
