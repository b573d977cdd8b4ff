import { testRecovery } from './suite.js';

testRecovery('nats');
