import {
  setWorkerDefaults,
  type WorkerDefaults,
  workerDefaults,
} from '../options/worker-defaults.js';
import type { AGServer } from './server.js';

/** The process of a worker, as its servers see it. */
export interface WorkerHost extends WorkerDefaults {
  /** Whether `listen()` shares its port with the other workers in the kernel (`SO_REUSEPORT`). */
  readonly reusePort: boolean;
  /** Called with every server that is made. */
  onServer(server: AGServer): void;
}

/** Makes this process a worker's; to be called before its first server is made. */
export function setWorkerHost(host: WorkerHost): void {
  setWorkerDefaults(host);
}

/** `undefined` in a process that runs alone. */
export function workerHost(): WorkerHost | undefined {
  return workerDefaults() as WorkerHost | undefined;
}
