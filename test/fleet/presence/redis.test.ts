import { testPresence } from './suite.js';

testPresence('redis');
