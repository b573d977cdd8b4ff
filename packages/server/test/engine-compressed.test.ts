import { core, runOn } from './support/suite.js';

// The behaviour of sockets must not depend on how their frames are read and written: the core of the
// suite runs again with compressed connections.
runOn('compressed', core);
