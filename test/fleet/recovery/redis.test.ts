import { testRecovery } from './suite.js';

testRecovery('redis');
