import { tracingChannel } from 'node:diagnostics_channel';
import type { AGServer, CallTrace, OutgoingCallTrace, PublishTrace } from '@asyngular/server';
import {
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { callAttributes, markError, publishAttributes } from './attributes.js';
import { parseSpanContext } from './trace-context.js';

/** What a span has to do with that of the client that asked for it. */
export type ClientContext = 'parent' | 'link' | 'ignore';

type Traced = CallTrace | PublishTrace;

/** Makes spans of the calls in both directions and the publications of one server. Returns the function that ends that, and open spans. */
export function traceServer(server: AGServer, tracer: Tracer, clients: ClientContext): () => void {
  const calls = traceChannel<CallTrace>('asyngular:server:call', server, {
    start: (message) => runInside(message, startSpan(tracer, message, callSpan(message), clients)),
    end: endCall,
  });
  const publications = traceChannel<PublishTrace>('asyngular:server:publish', server, {
    start: (message) =>
      runInside(message, startSpan(tracer, message, publishSpan(message), clients)),
    end: endPublication,
  });
  const outgoing = traceChannel<OutgoingCallTrace>('asyngular:server:outgoing-call', server, {
    start: (message) => startOutgoing(tracer, message),
    end: endOutgoing,
  });
  return () => {
    calls();
    publications();
    outgoing();
  };
}

/** Keeps a span per message. */
function traceChannel<Message extends Traced | OutgoingCallTrace>(
  name: string,
  server: AGServer,
  { start, end }: { start(message: Message): Span; end(span: Span, message: Message): void },
): () => void {
  const open = new Map<Message, Span>();
  const subscribers = {
    start(message: Message): void {
      if (message.server !== server) return;
      open.set(message, start(message));
    },
    asyncEnd(message: Message): void {
      const span = open.get(message);
      if (span === undefined) return;
      open.delete(message);
      end(span, message);
      span.end();
    },
    end: ignore,
    asyncStart: ignore,
    error: ignore,
  };
  const channel = tracingChannel<unknown, Message>(name);
  channel.subscribe(subscribers);
  return () => {
    channel.unsubscribe(subscribers);
    for (const span of open.values()) span.end();
    open.clear();
  };
}

/** Runs what the message is about inside of its span. */
function runInside(message: Traced, [span, inside]: [Span, Context]): Span {
  const { run } = message;
  message.run = (work) => context.with(inside, () => run(work));
  return span;
}

/** Names of spans are few: what clients choose is an attribute. */
function callSpan({ procedure, isDeclared, isStream }: CallTrace) {
  return {
    name: isDeclared ? procedure : 'call',
    kind: SpanKind.SERVER,
    attributes: callAttributes(procedure, isStream),
  };
}

function publishSpan({ channel, pattern, socket }: PublishTrace) {
  const template = pattern === 'other' ? undefined : pattern;
  return {
    name: template === undefined ? 'publish' : `publish ${template}`,
    kind: socket === undefined ? SpanKind.PRODUCER : SpanKind.SERVER,
    attributes: publishAttributes(channel, template),
  };
}

function startSpan(
  tracer: Tracer,
  { socket, context: told }: Traced,
  { name, kind, attributes }: ReturnType<typeof callSpan | typeof publishSpan>,
  clients: ClientContext,
): [Span, Context] {
  const remote = clients === 'ignore' ? undefined : parseSpanContext(told);
  const links: Link[] = remote !== undefined && clients === 'link' ? [{ context: remote }] : [];
  // What a client asks for has nothing to do with what this process happened to do when the packet came.
  const outside = socket === undefined ? context.active() : ROOT_CONTEXT;
  const parent =
    remote !== undefined && clients === 'parent' ? trace.setSpanContext(outside, remote) : outside;
  const own = socket === undefined ? {} : { 'asyngular.socket.id': socket.id };
  const span = tracer.startSpan(
    name,
    { kind, attributes: { ...attributes, ...own }, links },
    parent,
  );
  return [span, trace.setSpan(parent, span)];
}

/** An error that was made to be sent is an answer, and no fault of the server. */
function endCall(span: Span, { outcome = 'cancelled', error }: CallTrace): void {
  span.setAttribute('asyngular.outcome', outcome);
  if (outcome === 'ok' || outcome === 'cancelled') return;
  markError(span, error, outcome === 'internal' || outcome === 'unhandled');
}

/** A call of the server belongs to what the server is doing. */
function startOutgoing(tracer: Tracer, { procedure, isStream, socket }: OutgoingCallTrace): Span {
  return tracer.startSpan(procedure, {
    kind: SpanKind.CLIENT,
    attributes: { ...callAttributes(procedure, isStream), 'asyngular.socket.id': socket.id },
  });
}

function endOutgoing(span: Span, { outcome = 'cancelled', error }: OutgoingCallTrace): void {
  span.setAttribute('asyngular.outcome', outcome);
  if (error !== undefined) markError(span, error, true);
}

function endPublication(span: Span, { error }: PublishTrace): void {
  if (error !== undefined) markError(span, error, true);
}

function ignore(): void {}
