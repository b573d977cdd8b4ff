import type { AGClientSocket } from '@asyngular/client';
import { setTracing, type TracedMessage, type Tracing } from '@asyngular/client/internal';
import {
  type Attributes,
  context,
  type Span,
  SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { callAttributes, markError, publishAttributes, serverAttributes } from './attributes.js';
import { traceContext } from './trace-context.js';

const EXTENSION = 'trace';
const PUBLISH = '#publish';

/** Tracers of the clients that are traced. */
const tracers = new Map<AGClientSocket, { readonly tracer: Tracer }>();

/** What is known of a client by its options; `null`: it is not traced. */
let byOptions = new WeakMap<object, TracedClient | null>();

interface TracedClient {
  readonly tracer: Tracer;
  /** Whom it speaks to. */
  readonly server: Attributes;
}

/** What sockets have begun and not sent yet, or not for the last time. */
const contexts = new WeakMap<TracedMessage, NonNullable<ReturnType<typeof traceContext>>>();

/**
 * Makes spans of the calls and publications of one client, in place of who did so before. Returns the function that ends
 * that.
 */
export function traceClient(client: AGClientSocket, tracer: Tracer): () => void {
  const own = { tracer };
  tracers.set(client, own);
  byOptions = new WeakMap();
  setTracing(tracing);
  return () => {
    // Another may have come in its place.
    if (tracers.get(client) !== own) return;
    tracers.delete(client);
    byOptions = new WeakMap();
    if (tracers.size === 0) setTracing(undefined);
  };
}

const tracing: Tracing = {
  offer(options, extensions) {
    if (find(options) !== undefined) extensions.set(EXTENSION, {});
  },
  begin(options, message) {
    const found = find(options);
    if (found === undefined) return;
    const span = startSpan(found, message);
    if (span === undefined) return;
    const told = traceContext(trace.setSpan(context.active(), span));
    if (told !== undefined) contexts.set(message, told);
    endWith(span, message);
  },
  attach(message, extensions) {
    const told = contexts.get(message);
    if (told === undefined) return;
    if (extensions.has(EXTENSION)) message.packet.trace = told;
    else delete message.packet.trace;
  },
};

/** A socket is known by its options, which `connect(options)` replaces by others. */
function find(options: object): TracedClient | undefined {
  const known = byOptions.get(options);
  if (known !== undefined) return known ?? undefined;
  const client = [...tracers.keys()].find((each) => each.options === options);
  const found = client && {
    ...tracers.get(client)!,
    server: serverAttributes(client.uri()),
  };
  byOptions.set(options, found ?? null);
  return found;
}

/** `undefined` for messages without an answer, which are not traced, and for those of the protocol itself. */
function startSpan(
  { tracer, server }: TracedClient,
  { type, packet, reader }: TracedMessage,
): Span | undefined {
  if (packet.event === PUBLISH) {
    const { channel } = packet.data as { channel: string };
    const attributes = { ...publishAttributes(channel), ...server };
    return tracer.startSpan('publish', { kind: SpanKind.PRODUCER, attributes });
  }
  if (type !== 'call' || packet.event.startsWith('#')) return undefined;
  const attributes = { ...callAttributes(packet.event, reader !== undefined), ...server };
  return tracer.startSpan(packet.event, { kind: SpanKind.CLIENT, attributes });
}

/** The span ends with the call; that of a publication without an answer is over. */
function endWith(span: Span, message: TracedMessage): void {
  const { caller } = message;
  if (caller === undefined) {
    span.end();
    return;
  }
  message.caller = {
    resolve(data) {
      span.end();
      caller.resolve(data);
    },
    reject(error) {
      // Who withdraws a call has what they wanted.
      markError(span, error, (error as Error | null)?.name !== 'AbortError');
      span.end();
      caller.reject(error);
    },
  };
}
