import type { AGClientSocket } from '@asyngular/client';
import { InvalidOptionsError } from '@asyngular/errors';
import { checkOptions, type OptionTable, oneOf, withMethods } from '@asyngular/errors/options';
import type { AGServer } from '@asyngular/server';
import { type TracerProvider, trace } from '@opentelemetry/api';
import { traceClient } from './client-spans.js';
import { type ClientContext, traceServer } from './server-spans.js';

/** What is traced, and how; `server`, `client` or both are needed. */
export interface InstrumentOptions {
  /** Calls and publications of its clients, and its own publications. */
  server?: AGServer | undefined;
  /** Calls and publications that it makes. */
  client?: AGClientSocket | undefined;
  /**
   * What the spans of the server have to do with those of clients: `parent` (default), `link`, or `ignore`. A parent decides
   * whether its children are recorded, so let clients that you do not trust be no more than linked.
   */
  clientContext?: ClientContext | undefined;
  /** Where spans go. Default: the provider that is registered globally. */
  tracerProvider?: TracerProvider | undefined;
}

const table = {
  server: withMethods('listener', 'handle'),
  client: withMethods('listener', 'invoke'),
  clientContext: oneOf('parent', 'link', 'ignore'),
  tracerProvider: withMethods('getTracer'),
} satisfies OptionTable<InstrumentOptions>;

/**
 * Makes spans of calls and publications from now on: of sockets that are open, too, but those go on without the context of
 * the other side, as they have not agreed on it. Returns the function that ends it. Throws `InvalidOptionsError`.
 */
export function instrument(options: InstrumentOptions): () => void {
  const { server, client, clientContext, tracerProvider } = checkOptions<InstrumentOptions>(
    table,
    options,
    'instrument()',
  );
  if (server === undefined && client === undefined) {
    throw new InvalidOptionsError(
      'instrument() has neither a server nor a client to trace; pass one: instrument({ server })',
    );
  }
  const tracer = (tracerProvider ?? trace).getTracer('@asyngular/otel');
  const ends = [
    ...(server ? [traceServer(server, tracer, clientContext ?? 'parent')] : []),
    ...(client ? [traceClient(client, tracer)] : []),
  ];
  return () => {
    for (const end of ends.splice(0)) end();
  };
}
