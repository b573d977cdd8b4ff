import { testPresence } from './suite.js';

testPresence('local');
