// For the packages of this repository only; may change in any release.
export { setTracing, type TracedMessage, type Tracing } from './tracing.js';
