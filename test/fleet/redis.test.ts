import { testFleet } from './support/faults.js';

testFleet('redis');
