import { membersOf } from './own.js';

/** Where a call or a publication stands in a distributed trace (W3C Trace Context), as it travels (P20.2). */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

const traceparentText = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** Printable ASCII; longer ones may be dropped by anybody (W3C Trace Context, section 3.3.1.5). */
const tracestateText = /^[\x20-\x7e]{1,512}$/;

/** Reads the member `trace` of a packet; undefined where it is not there, or says nothing. */
export function parseTraceContext(trace: unknown): TraceContext | undefined {
  if (trace === undefined) {
    return undefined;
  }
  const { traceparent, tracestate } = membersOf(trace);
  if (typeof traceparent !== 'string' || !traceparentText.test(traceparent)) {
    return undefined;
  }
  return typeof tracestate === 'string' && tracestateText.test(tracestate)
    ? { traceparent, tracestate }
    : { traceparent };
}
