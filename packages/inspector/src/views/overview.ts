import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type { AGServer } from '@asyngular/server';
import type { ServerInspection } from '@asyngular/server/internal';
import type { Overview } from '../api/snapshots.js';
import type { PublicationMeter } from './publication-meter.js';

/** Over less than this, in ms, a measurement says nothing. */
const LEAST_MS = 900;

/** A server as a whole. */
export class OverviewView {
  readonly #server: AGServer;
  readonly #inspection: ServerInspection;
  readonly #meter: PublicationMeter;
  readonly #readOnly: boolean;
  #since: EventLoopUtilization = performance.eventLoopUtilization();
  #load = 0;

  constructor(
    server: AGServer,
    inspection: ServerInspection,
    { meter, readOnly }: { readonly meter: PublicationMeter; readonly readOnly: boolean },
  ) {
    this.#server = server;
    this.#inspection = inspection;
    this.#meter = meter;
    this.#readOnly = readOnly;
  }

  read(): Overview {
    const { status, broker } = this.#server.health();
    const [self, ...others] = this.#inspection.servers();
    const load = this.#takeLoad();
    const { rss, heapUsed } = process.memoryUsage();
    return {
      id: this.#inspection.id,
      readOnly: this.#readOnly,
      servers: [{ ...self!, load }, ...others],
      since: self!.since,
      status,
      stats: this.#server.stats(),
      broker,
      publications: this.#meter.look(),
      load,
      memory: { rss, heapUsed },
    };
  }

  #takeLoad(): number {
    const now = performance.eventLoopUtilization();
    const { active, idle, utilization } = performance.eventLoopUtilization(now, this.#since);
    if (active + idle >= LEAST_MS) {
      this.#since = now;
      this.#load = Math.round(utilization * 1_000) / 1_000;
    }
    return this.#load;
  }
}
