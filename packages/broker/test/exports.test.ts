import { expect, it } from 'vitest';
import * as conformance from '../src/conformance.js';
import * as main from '../src/index.js';

it('exports these names', () => {
  expect(Object.keys(main).sort()).toEqual([
    'BrokerOptionsError',
    'BrokerStateError',
    'BrokerUnavailableError',
    'InvalidOptionsError',
    'MemoryHub',
    'formatPlace',
    'formatPosition',
    'isSamePosition',
    'memoryBroker',
    'parsePosition',
  ]);
  expect(Object.keys(conformance).sort()).toEqual(['brokerConformance', 'brokerDuties']);
});
