export type { BrokerConformanceOptions, ConformanceFleet } from './conformance/contract.js';
export { type BrokerDuty, brokerDuties } from './conformance/duties.js';
export { brokerConformance } from './conformance/run.js';
