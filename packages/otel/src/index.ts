export { type InstrumentOptions, instrument } from './instrument.js';
export type { ClientContext } from './server-spans.js';
export { linkTo, traceContext } from './trace-context.js';
