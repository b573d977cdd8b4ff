import { testFleet } from './support/faults.js';

testFleet('local');
