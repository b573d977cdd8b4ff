import { create } from '@asyngular/client';
import { type AGServer, type AGServerOptions, listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { until, within } from '@asyngular/test-utils/wait';
import { context, SpanKind } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll } from 'vitest';
import { type ClientContext, instrument } from '../../src/index.js';

/** For all tests of a file: what is awaited belongs to the span that it was begun in. */
export function keepContexts(): void {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  afterAll(() => {
    context.disable();
  });
}

/** A server and a client that are traced, apart from each other, and the spans of both. */
export async function start(
  options: AGServerOptions = {},
  {
    traces = 'both',
    clientContext,
  }: { traces?: 'both' | 'client' | 'server'; clientContext?: ClientContext } = {},
) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const server = listen(0, { authKey: 'key', ...options });
  await nextEvent(server.httpServer!, 'listening');
  if (traces !== 'client') {
    onCleanup(instrument({ server, tracerProvider, ...(clientContext && { clientContext }) }));
  }
  const client = create({ hostname: '127.0.0.1', port: server.port!, autoConnect: false });
  if (traces !== 'server') onCleanup(instrument({ client, tracerProvider }));
  onCleanup(async () => {
    client.disconnect();
    await server.close();
    server.httpServer?.close();
  });
  client.connect();
  await within('the connection', client.listener('connect').once());
  const spans = () => exporter.getFinishedSpans();
  return {
    server,
    client,
    spans,
    tracer: tracerProvider.getTracer('test'),
    /** The span of that kind, once it is there. */
    async span(kind: SpanKind, name?: string): Promise<ReadableSpan> {
      const matches = (each: ReadableSpan) =>
        each.kind === kind && (name === undefined || each.name === name);
      await until(
        `a span of kind ${SpanKind[kind]} ${name ?? ''}`,
        () => spans().some(matches),
        () => spans().map((each) => `${SpanKind[each.kind]} ${each.name}`),
      );
      return spans().find(matches)!;
    },
  };
}

export function idsOf(span: ReadableSpan) {
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId };
}

/** Whether the second is a child of the first. */
export function isChild(child: ReadableSpan, parent: ReadableSpan): boolean {
  const { traceId, spanId } = idsOf(parent);
  return child.parentSpanContext?.spanId === spanId && child.spanContext().traceId === traceId;
}

/** Whether one call is being answered. */
export function hasCall(server: AGServer): boolean {
  return server
    .metricFamilies()
    .some(({ name, points }) => name === 'asyngular_calls_in_flight' && isOne(points[0]));
}

function isOne(point: object | undefined): boolean {
  return point !== undefined && 'value' in point && point.value === 1;
}
