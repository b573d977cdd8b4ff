import type { Broker } from '../broker.js';
import type { FleetOptions } from '../options.js';

/** Brokers that hear each other, as the suite gets them from `setup`: created, not started. */
export interface ConformanceFleet {
  readonly brokers: readonly Broker[];
  /** Breaks the connection of the broker at `index`. Without it the duties about faults are left out. */
  cut?(index: number): void | Promise<void>;
  /** Lets it connect again, after `cut` or `stall`. */
  restore?(index: number): void | Promise<void>;
  /** Makes the next `count` messages on their way to the broker at `index` vanish, connected as it is. */
  drop?(index: number, count: number): void;
  /**
   * Breaks the connection of the broker at `index` and leaves those it makes from now on without any answer,
   * for ever; after `restore` further ones work. `freeze`: its connections stay, and nothing gets through.
   */
  stall?(index: number): void | Promise<void>;
  freeze?(index: number): void | Promise<void>;
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
   * waiting short. `faults`: `cut`, `drop`, `stall` or `freeze` will be called.
   */
  setup(count: number, options: FleetOptions, faults: boolean): Promise<ConformanceFleet>;
  /** Whether fleets have `cut`, `drop`, `stall` and `freeze`; the duties that need them are left out otherwise. */
  canCut?: boolean;
  canDrop?: boolean;
  canStall?: boolean;
  /** How long, in ms, a duty waits for what must happen before it fails (default 10,000). */
  deadlineMs?: number;
}
