import type { BrokerDuty } from './duties.js';
import { logDeliveryDuties } from './log-delivery-duties.js';
import { logFaultDuties } from './log-fault-duties.js';
import { logIdDuties } from './log-id-duties.js';
import { logPositionDuties } from './log-position-duties.js';
import { logScheduleDuty } from './log-schedule-duty.js';

/** The duties of a broker with logs, in order. */
export const logDuties: readonly BrokerDuty[] = [
  ...logDeliveryDuties,
  ...logPositionDuties,
  ...logIdDuties,
  ...logFaultDuties,
  logScheduleDuty,
];
