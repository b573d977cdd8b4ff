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
  /** Makes the next `count` live entries of logs on their way to the broker at `index` vanish. */
  dropEntries?(index: number, count: number): void;
  /** All logs are lost, as those of a service that restarts empty, and of a memory that has no room. */
  forget?(): void | Promise<void>;
  /**
   * Remembers what the service holds. The function it returns brings that state back, with all connections
   * broken, as a failover does that loses what was acknowledged last.
   */
  save?(): Promise<() => Promise<void>>;
  /** Frees what `setup` started. The suite closes the brokers before. */
  teardown?(): void | Promise<void>;
}

/** What `brokerConformance` needs to know about a broker with logs. */
export interface LogConformanceOptions {
  /** Whether fleets have `dropEntries`, `forget` and `save`; the duties that need them are left out otherwise. */
  canDropEntries?: boolean;
  canForget?: boolean;
  canSave?: boolean;
  /** Duties that the service cannot keep, by id, and why: `{ B41: 'the service counts no bytes' }`. */
  exceptions?: Readonly<Record<string, string>>;
  /** Begins the random faults of the last duty; the default changes daily. An error names it. */
  seed?: number;
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
   * waiting short. `faults`: some of the optional functions will be called.
   */
  setup(count: number, options: FleetOptions, faults: boolean): Promise<ConformanceFleet>;
  /** Whether fleets have `cut`, `drop`, `stall` and `freeze`; the duties that need them are left out otherwise. */
  canCut?: boolean;
  canDrop?: boolean;
  canStall?: boolean;
  /** The brokers have a `log`. Default: none, and the duties about logs are left out. */
  log?: LogConformanceOptions;
  /** How long, in ms, a duty waits for what must happen before it fails (default 10,000). */
  deadlineMs?: number;
}
