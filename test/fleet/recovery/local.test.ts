import { testRecovery } from './suite.js';

testRecovery('local');
