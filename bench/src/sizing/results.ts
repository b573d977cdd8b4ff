import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../report/environment.js';

/** Servers on one machine, joined by a broker or alone. */
export interface FleetFigure {
  /** `memory`, `local`, `nats` or `redis`; `workers`: those of `runWorkers()`, with its own local broker. */
  readonly broker: string;
  readonly servers: number;
  readonly history: boolean;
  readonly shape: string;
  readonly deliveriesPerSecond: number;
  /** CPU time of the servers per delivery, and of the broker per publication, in µs. */
  readonly deliveryMicros: number;
  readonly brokerMicros: number;
  /** Shares of a core: servers, broker, generator. */
  readonly busy: string;
}

/** One point of a curve: what `value` costs at `size`. */
export interface Point {
  readonly size: number;
  readonly value: number;
}

/** Everything that `npm run bench:sizing` has measured. */
export interface SizingResults {
  readonly environment: Environment;
  /** How many processes wanted a core when it began; the measurements themselves want up to two. */
  readonly loadBefore: number;
  readonly fleets: readonly FleetFigure[];
  /** µs of server CPU per delivery, by the number of subscribers of a channel. */
  readonly subscribers: readonly Point[];
  /** KiB of resident memory per idle connection, by the number of connections. */
  readonly connections: readonly Point[];
  /** µs of server CPU per delivery, by the number of channels of 500 clients. */
  readonly channels: readonly Point[];
  /**
   * µs of CPU per publication, of all servers and of the broker, by the number of servers, for each broker: 10
   * subscribers per channel, at a rate that no machine is busy with.
   */
  readonly servers: Readonly<Record<string, readonly Point[]>>;
}

/** Committed: the page and its plots are made from it. */
const file = join(import.meta.dirname, '../../results/sizing.json');

export function readResults(): SizingResults {
  return JSON.parse(readFileSync(file, 'utf8')) as SizingResults;
}

export function writeResults(results: SizingResults): void {
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
}
