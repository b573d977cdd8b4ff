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
  const { name, message, stack, code } = textsOf(error);
  span.setAttribute('error.type', name ?? '_OTHER');
  if (!isFault) return;
  const text = message ?? 'an error without a message';
  span.recordException({ name, message: text, stack, code });
  span.setStatus({ code: SpanStatusCode.ERROR, message: text });
}

interface ErrorTexts {
  readonly name?: string | undefined;
  readonly message?: string | undefined;
  readonly stack?: string | undefined;
  readonly code?: string | undefined;
}

/**
 * What of an error is text. The other side chooses what its errors have, user code may throw what cannot be read, and
 * neither may end the process.
 */
function textsOf(error: unknown): ErrorTexts {
  try {
    if (typeof error !== 'object' || error === null) return { message: String(error) };
    const { name, message, stack, code } = error as Record<string, unknown>;
    return {
      name: textOf(name),
      message: textOf(message),
      stack: textOf(stack),
      code: textOf(code),
    };
  } catch {
    return { message: 'an error that cannot be read' };
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
