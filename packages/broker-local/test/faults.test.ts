import { commonFaults, FaultBench, SCENARIO_MS } from '@asyngular/test-utils/broker-faults';
import { describe } from 'vitest';
import { localBroker } from '../src/index.js';
import { HubProcess } from './support/hub-process.js';

const bench = new FaultBench('Local');

describe('localBroker() under faults', { timeout: SCENARIO_MS }, () => {
  commonFaults(
    bench,
    () => new HubProcess().start(),
    (path) => localBroker({ path, heartbeatMs: 200, probeTimeoutMs: 500, timeoutMs: 10_000 }),
  );
});
