import type { FleetOptions } from '../options.js';
import { deliveryDuties } from './delivery-duties.js';
import { faultDuties } from './fault-duties.js';
import { limitDuties } from './limit-duties.js';
import { logDuties } from './log-duties.js';
import type { TestFleet } from './test-fleet.js';

/** A fault that a fleet can make. */
export type DutyNeed = 'cut' | 'drop' | 'stall' | 'dropEntries' | 'forget' | 'save';

/** One promise of the contract that a test can check. */
export interface BrokerDuty {
  /** `B1` … stable; tests, tables and documents cite it. */
  readonly id: string;
  readonly title: string;
  /** Nodes of the fleet it runs on. */
  readonly nodes: number;
  /** Faults it needs. */
  readonly needs?: DutyNeed;
  /** Makes whatever faults its fleet can make. */
  readonly usesFaults?: boolean;
  /** About `Broker.log`, and left out for brokers without one. */
  readonly isAboutLogs?: boolean;
  /** True for the duties that a broker which loses messages silently must fail. */
  readonly isLossDetection?: boolean;
  readonly options?: FleetOptions;
  run(fleet: TestFleet): Promise<void>;
}

/** Every duty, in order. */
export const brokerDuties: readonly BrokerDuty[] = [
  ...deliveryDuties,
  ...faultDuties,
  ...limitDuties,
  ...logDuties,
];
