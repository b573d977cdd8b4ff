import { testDeploy } from './suite.js';

testDeploy('local');
