import type { Broker } from '@asyngular/broker';

/**
 * What a server takes where its options say nothing, because it is one of several workers of a machine. The
 * process that starts the workers provides it, so that the file of the server needs no change.
 */
export interface WorkerDefaults {
  /** Signs the tokens of all workers of the machine. */
  readonly authKey: string;
  /** Whether this worker says what concerns all of them alike; the others keep quiet about it. */
  readonly speaksForAll: boolean;
  /**
   * A broker that reaches the servers of this `path` in the other workers. Throws `InvalidOptionsError` for a
   * second server of one path, which could not be told from the first.
   */
  createBroker(path: string): Broker;
}

/** Registered for all copies of this package in a process: the workers may have come with another one. */
const WORKER_DEFAULTS = Symbol.for('@asyngular/server/worker-defaults/1');

/** From now on, servers of this process take these; to be called before the first one is made. */
export function setWorkerDefaults(defaults: WorkerDefaults): void {
  Reflect.set(globalThis, WORKER_DEFAULTS, defaults);
}

/** `undefined` in a process that runs alone. */
export function workerDefaults(): WorkerDefaults | undefined {
  return Reflect.get(globalThis, WORKER_DEFAULTS) as WorkerDefaults | undefined;
}
