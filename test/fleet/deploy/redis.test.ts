import { testDeploy } from './suite.js';

testDeploy('redis');
