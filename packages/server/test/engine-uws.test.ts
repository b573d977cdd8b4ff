import { core, runOn } from './support/suite.js';

// The suite again on uWebSockets.js. The few tests of what differs there say so with `testEngine()`;
// uws.test.ts and uws-flow.test.ts have what is particular to it.
runOn('uws', [
  ...core,
  'bounds',
  'limits',
  'exchange',
  'drain',
  'closing',
  'defects',
  'churn',
  'broker',
  'surface-events',
  'surface-server',
  'surface-socket',
  'presence-slow',
  'tokens',
  'token-order',
  'token-keys',
  'values',
  'moving',
  'crowd',
  'reload',
  'reload-keys',
]);
