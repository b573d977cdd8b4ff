import { createPacketDialect } from './packet-dialect.js';
import { socketIoDialect } from './socket-io-dialect.js';

/** What a message of the server means to the load. */
export type Heard =
  | { readonly type: 'ping' }
  | { readonly type: 'publication'; readonly data: unknown }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly error?: string;
      readonly data?: unknown;
    }
  | { readonly type: 'other' };

/** How one protocol says what the scenarios need, over a WebSocket. Ids of calls are numbers of the caller. */
export interface Dialect {
  /** The path of the upgrade where the URL has none, and what its query must have. */
  readonly path: string;
  readonly query?: string;
  /** What answers a heartbeat. */
  readonly pong: string;
  /** What opens a session, sent when the WebSocket is open; `id` is that of its answer. */
  open(id: number, token: string | null): string;
  /** Why the answer to `open` is no session; undefined when it is one. */
  refusal(answer: unknown, token: string | null): string | undefined;
  subscribe(id: number, channel: string): string;
  publish(channel: string, dataJson: string): string;
  call(id: number, procedure: string, dataJson: string): string;
  /** Reads a message, which may hold several things. */
  read(text: string): readonly Heard[];
}

/** The protocols that `bench` speaks, by the name of the option `--protocol`. */
export const dialects = {
  asyngular: createPacketDialect('/asyngular/', 2),
  socketcluster: createPacketDialect('/socketcluster/', 2),
  'socketcluster-1': createPacketDialect('/socketcluster/', 1),
  'socket.io': socketIoDialect,
} as const satisfies Record<string, Dialect>;

export type DialectName = keyof typeof dialects;
