import {
  type MetricFamily,
  type MetricsOptions,
  sumMetricFamilies,
  writeOpenMetrics,
} from '@asyngular/server';
import { MetricsServer } from '@asyngular/server/internal';
import type { WorkerAnswers } from '../ask.js';

/** What the metrics of a fleet need of it. */
export interface FleetMetricsOwner {
  ask(): Promise<WorkerAnswers>;
  /** Ids of the workers that have not ended. */
  workers(): readonly number[];
  warn(warning: Error): void;
}

/**
 * The metrics of all workers, summed. What is counted never falls: of workers that do not answer in time the last answer
 * stands in, and what those had counted that have ended stays.
 */
export class FleetMetrics {
  readonly #owner: FleetMetricsOwner;
  readonly #last = new Map<number, readonly MetricFamily[]>();
  #ended: readonly MetricFamily[] = [];
  #server: MetricsServer | undefined;

  constructor(owner: FleetMetricsOwner) {
    this.#owner = owner;
  }

  get port(): number | undefined {
    return this.#server?.port;
  }

  async collect(): Promise<string> {
    const { answers } = await this.#owner.ask();
    for (const [id, families] of answers) this.#last.set(id, families as readonly MetricFamily[]);
    const living = new Set(this.#owner.workers());
    for (const [id, families] of this.#last) {
      if (living.has(id)) continue;
      this.#last.delete(id);
      this.#ended = sumMetricFamilies([this.#ended, families.filter(isCounted)]);
    }
    // Those that have ended come last, so that the order is that of a server.
    return writeOpenMetrics(sumMetricFamilies([...this.#last.values(), this.#ended]));
  }

  /** Shows them, unless it does already: all workers run the same file. */
  show(options: MetricsOptions): void {
    this.#server ??= new MetricsServer(options, {
      collect: () => this.collect(),
      onScrapeError: (error) => this.#owner.warn(error),
      onListenError: (error) => this.#owner.warn(error),
    });
  }

  close(): void {
    this.#server?.close();
  }
}

function isCounted({ type }: MetricFamily): boolean {
  return type === 'counter' || type === 'histogram';
}
