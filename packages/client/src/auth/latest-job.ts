/** Runs one job at a time. Of the jobs that wait, only the newest is run: it replaces those before it. */
export interface LatestJob {
  /** Starts the job at once unless another is running. Resolves when nothing is left to do; never rejects. */
  run(job: () => Promise<void>): Promise<void>;
  /** What is under way, or undefined. */
  readonly busy: Promise<void> | undefined;
}

export function createLatestJob(onError: (error: unknown) => void): LatestJob {
  let next: (() => Promise<void>) | undefined;
  let busy: Promise<void> | undefined;

  async function work(): Promise<void> {
    while (next) {
      const job = next;
      next = undefined;
      try {
        await job();
      } catch (error) {
        onError(error);
      }
    }
    busy = undefined;
  }

  function run(job: () => Promise<void>): Promise<void> {
    next = job;
    busy ??= work();
    return busy;
  }

  return {
    run,
    get busy() {
      return busy;
    },
  };
}
