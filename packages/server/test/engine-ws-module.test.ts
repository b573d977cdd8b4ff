import { core, runOn } from './support/suite.js';

// The behaviour of sockets must not depend on how their frames are read and written: the core of the
// suite runs again with a ws module of the application's own.
runOn('ws module', core);
