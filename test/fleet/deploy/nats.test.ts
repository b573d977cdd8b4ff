import { testDeploy } from './suite.js';

testDeploy('nats');
