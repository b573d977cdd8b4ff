import type { TraceContext } from '@asyngular/server';
import {
  type Context,
  context,
  createTraceState,
  isSpanContextValid,
  type Link,
  type SpanContext,
  trace,
} from '@opentelemetry/api';

const SAMPLED = 1;

/**
 * Where the active span stands in its trace, as W3C Trace Context has it; `undefined` when there is none. Put it into the
 * data of a publication, and those who receive it can link to it with {@link linkTo}.
 */
export function traceContext(of: Context = context.active()): TraceContext | undefined {
  const span = trace.getSpanContext(of);
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  const flags = (span.traceFlags & SAMPLED) === 0 ? '00' : '01';
  const tracestate = span.traceState?.serialize();
  return {
    traceparent: `00-${span.traceId}-${span.spanId}-${flags}`,
    ...(tracestate && { tracestate }),
  };
}

/** A link for the options of `startSpan()`; `undefined` for what is no trace context. Throws nothing: data come from anywhere. */
export function linkTo(traced: unknown): Link | undefined {
  const span = parseSpanContext(traced);
  return span && { context: span };
}

const pattern = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;

/** The span that a trace context stands for. */
export function parseSpanContext(traced: unknown): SpanContext | undefined {
  const { traceparent, tracestate } = (traced ?? {}) as Partial<Record<string, unknown>>;
  const found = typeof traceparent === 'string' ? pattern.exec(traceparent) : null;
  if (found === null) return undefined;
  const [, traceId, spanId, flags] = found as unknown as [string, string, string, string];
  const span: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & SAMPLED,
    isRemote: true,
    ...(typeof tracestate === 'string' && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(span) ? span : undefined;
}
