import { createTrace, watchTrouble } from './client-log.js';
import { describeFailure } from './describe-failure.js';
import {
  assertClientOptions,
  assertHistoryOptions,
  assertInvokeOptions,
  assertPublishOptions,
  assertStreamOptions,
  assertSubscribeOptions,
  assertTransmitOptions,
} from './option-tables.js';
import { assertTransition } from './transitions.js';
import { streamOptions } from './unread-consumers.js';

const parts = {
  assertClientOptions,
  assertHistoryOptions,
  assertInvokeOptions,
  assertStreamOptions,
  assertPublishOptions,
  assertSubscribeOptions,
  assertTransition,
  assertTransmitOptions,
  createTrace,
  describeFailure,
  streamOptions,
  watchTrouble,
};

/**
 * What helps those who write a program: errors that explain, checked options, warnings. This is `#development` in
 * Node, in development builds and wherever no condition says otherwise. Where the condition `production` is set,
 * `production.ts` stands in its place, and bundlers drop every branch that asks for it.
 */
export const development: typeof parts | undefined = parts;
