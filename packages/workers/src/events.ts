/** What became of a rolling restart. */
export interface RestartResult {
  /** Whether every worker was replaced. */
  readonly isComplete: boolean;
  /** How many were. */
  readonly replaced: number;
  /** Why it stopped: the new worker that failed, while the old one goes on; `undefined` when it is complete. */
  readonly reason: string | undefined;
}

/** Events of the workers: `fleet.listener(name)`. `worker` is the id of a process, which no later one gets. */
export interface WorkersEvents {
  /** A process was started; its servers take no clients yet. */
  workerStart: { worker: number; pid: number };
  /** Its servers take clients, on these ports. */
  workerReady: { worker: number; pid: number; ports: readonly number[] };
  /** It has ended: because it was asked to, or else it is replaced in `restartInMs`. */
  workerExit: {
    worker: number;
    pid: number;
    code: number | null;
    signal: NodeJS.Signals | null;
    reason: string;
    isExpected: boolean;
    restartInMs: number | undefined;
  };
  /** A rolling restart is over. */
  restart: RestartResult;
  /** What went wrong without ending a worker, such as one that waits for its broker. */
  warning: { warning: Error };
}
