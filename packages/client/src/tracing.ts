import type { Extensions } from '@asyngular/protocol';

/** A message or call of the application, as those see it who trace it. */
export interface TracedMessage {
  readonly type: 'transmit' | 'call';
  /** `trace` is sent as it is; for servers that have agreed to it. */
  readonly packet: { readonly event: string; readonly data?: unknown; trace?: unknown };
  /** Of calls: runs once, at their end. */
  caller?: { resolve(data: unknown): void; reject(error: unknown): void };
  /** Of calls that read a stream. */
  readonly reader?: object | undefined;
}

/** Sees what the sockets of this program ask for. `options` are those of the socket, the same object as its `options`. */
export interface Tracing {
  /** A connection is about to offer these extensions. */
  offer(options: object, extensions: Map<string, unknown>): void;
  /** The application has made a message or call; this runs inside of what made it. */
  begin(options: object, message: TracedMessage): void;
  /** It is about to be sent on a connection with these extensions, perhaps not for the first time. */
  attach(message: TracedMessage, extensions: Extensions): void;
}

/** Nothing, until `@asyngular/otel` sets it. No package reaches into the file for `<script>` tags, where minifying leaves nothing of it. */
export let tracing: Tracing | undefined;

export function setTracing(next: Tracing | undefined): void {
  tracing = next;
}
