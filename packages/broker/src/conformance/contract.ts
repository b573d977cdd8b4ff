import type { Broker } from '../broker.js';
import type { FleetOptions } from '../options.js';

/** Brokers that hear each other, as the suite gets them from `setup`: created, not started. */
export interface ConformanceFleet {
  readonly brokers: readonly Broker[];
  /** Breaks the connection of the broker at `index`. Without it the duties about faults are left out. */
  cut?(index: number): void | Promise<void>;
  /** Lets it connect again. */
  restore?(index: number): void | Promise<void>;
  /** Makes the next `count` messages on their way to the broker at `index` vanish, connected as it is. */
  drop?(index: number, count: number): void;
  /** Frees what `setup` started. The suite closes the brokers before. */
  teardown?(): void | Promise<void>;
}

/** What `brokerConformance` needs. */
export interface BrokerConformanceOptions {
  /** Name of the broker, for the titles. */
  name: string;
  /** Of the test framework: vitest, `node:test`, Mocha … */
  describe(title: string, body: () => void): void;
  it(title: string, body: () => Promise<void>): void;
  /**
   * A new fleet of `count` nodes. Brokers between processes should be given `options`; they keep the
   * waiting short. `faults`: `cut` or `drop` will be called.
   */
  setup(count: number, options: FleetOptions, faults: boolean): Promise<ConformanceFleet>;
  /** Whether fleets can be `cut` and can `drop`; the duties that need it are left out otherwise. */
  canCut?: boolean;
  canDrop?: boolean;
  /** How long, in ms, a duty waits for what must happen before it fails (default 10,000). */
  deadlineMs?: number;
}
