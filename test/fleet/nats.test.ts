import { testFleet } from './support/faults.js';

testFleet('nats');
