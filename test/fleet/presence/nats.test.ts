import { testPresence } from './suite.js';

testPresence('nats');
