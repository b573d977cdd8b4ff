import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';

// Names of the semantic conventions of OpenTelemetry for remote calls and messaging, as far as they fit; the rest has
// names of ours.

const SYSTEM = 'asyngular';

/** Of a call. */
export function callAttributes(procedure: string, isStream: boolean): Attributes {
  return {
    'rpc.system': SYSTEM,
    'rpc.method': procedure,
    ...(isStream && { 'asyngular.stream': true }),
  };
}

/** Of a publication. */
export function publishAttributes(channel: string, pattern?: string): Attributes {
  return {
    'messaging.system': SYSTEM,
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.destination.name': channel,
    ...(pattern && { 'messaging.destination.template': pattern }),
  };
}

/** Of the server that a client speaks to. */
export function serverAttributes(url: string): Attributes {
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === 'wss:' ? 443 : 80;
  return { 'server.address': hostname, 'server.port': port === '' ? usual : Number(port) };
}

/** What kind of error it was. `isFault`: somebody has to look at it, so that the span counts as failed. */
export function markError(span: Span, error: unknown, isFault: boolean): void {
  const name = (error as Error | null)?.name;
  span.setAttribute('error.type', typeof name === 'string' ? name : '_OTHER');
  if (!isFault) return;
  span.recordException(error instanceof Error ? error : String(error));
  span.setStatus({
    code: SpanStatusCode.ERROR,
    message: String((error as Error)?.message ?? error),
  });
}
