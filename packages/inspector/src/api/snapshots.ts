import type { ServerHealth, ServerStats } from '@asyngular/server';

// What the page gets. Times are ms since the epoch, sizes bytes.

/** A server of the fleet. */
export interface ServerRow {
  readonly id: string;
  readonly since: number;
  readonly clients: number;
  /** The part of the time in which its event loop was busy, 0 to 1. */
  readonly load: number;
  readonly version: string;
}

export interface Overview {
  /** The server that this is about. */
  readonly id: string;
  /** Whether it does what the page asks for beyond showing. */
  readonly readOnly: boolean;
  readonly servers: readonly ServerRow[];
  readonly since: number;
  readonly status: ServerHealth['status'];
  readonly stats: ServerStats;
  readonly broker: Omit<ServerHealth['broker'], 'lastInterruption'> & {
    readonly lastInterruption?: ServerHealth['broker']['lastInterruption'];
  };
  /** Publications made here since somebody began to look. */
  readonly publications: number;
  /** Busy part of the event loop since the snapshot before, 0 to 1. */
  readonly load: number;
  readonly memory: { readonly rss: number; readonly heapUsed: number };
}

/** How lists are ordered: what has most of it first. */
export const socketOrders = [
  'newest',
  'oldest',
  'buffered',
  'busiest',
  'received',
  'sent',
  'channels',
  'dropped',
] as const;
export type SocketOrder = (typeof socketOrders)[number];
export const channelOrders = ['sockets', 'rate', 'published'] as const;
export type ChannelOrder = (typeof channelOrders)[number];

export interface SocketRow {
  readonly id: string;
  readonly user?: string | undefined;
  /** An IPv4 address by itself, also where the listener has it as the end of an IPv6 one. */
  readonly address?: string | undefined;
  readonly since: number;
  readonly state: string;
  readonly isAuthenticated: boolean;
  readonly channels: number;
  readonly buffered: number;
  readonly received: number;
  readonly sent: number;
  /** Messages per second, since the look before. */
  readonly receivedRate: number;
  readonly sentRate: number;
  readonly dropped: number;
  readonly isPaused: boolean;
}

/** A part of a list. */
export interface Page<Row> {
  /** Names the order of the list; with it further parts come from the same one. */
  readonly list: string;
  /** Where the part begins. */
  readonly offset: number;
  /** How many fit the search. */
  readonly matching: number;
  /** How many there are. */
  readonly total: number;
  readonly rows: readonly Row[];
}

export interface SocketDetails extends SocketRow {
  readonly forwardedFor?: string | undefined;
  readonly protocolVersion: number;
  readonly bytesReceived: number;
  /** Messages that nobody has consumed yet. */
  readonly unconsumed: number;
  readonly unconsumedBytes: number;
  readonly tokenExpires?: number | undefined;
  readonly userAgent?: string | undefined;
  readonly origin?: string | undefined;
  /** The first of them, by name. */
  readonly names: readonly string[];
}

export interface ChannelRow {
  readonly name: string;
  readonly sockets: number;
  /** The application itself reads it. */
  readonly hasExchange: boolean;
  /** Made on this server since somebody began to look, and per second. */
  readonly published: number;
  readonly rate: number;
  readonly hasHistory: boolean;
  readonly hasPresence: boolean;
}

export interface ChannelDetails extends ChannelRow {
  readonly subscribers: readonly { readonly id: string; readonly user?: string | undefined }[];
  readonly history?: readonly { readonly position: string; readonly preview: string }[] | undefined;
  readonly historyError?: string | undefined;
  readonly presence?:
    | {
        readonly count: number;
        readonly members: readonly {
          readonly key: string;
          readonly state: string;
          readonly connections: number;
          readonly joinedAt: number;
        }[];
      }
    | undefined;
}

export interface TailLine {
  readonly number: number;
  readonly at: number;
  /** From the client, to the client, or on the channel. */
  readonly way: 'in' | 'out' | 'on';
  readonly bytes: number;
  readonly text: string;
}

export interface Tail {
  /** Everything that came by since the tail began, and how much of it is shown. */
  readonly seen: number;
  readonly shown: number;
  readonly perSecond: number;
  /** Why nothing more comes; `undefined`: it goes on. */
  readonly ended?: string | undefined;
  readonly lines: readonly TailLine[];
}

/** What the page makes a form of. */
export interface Form {
  /** A channel's name, or a pattern with parameters in braces. */
  readonly channel: string;
  /** JSON Schema, draft 7; `{}` where the schema has no such form. */
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface Forms {
  /** Whether other channels may be published on: without a contract, or one that says nothing of channels. */
  readonly isOpen: boolean;
  readonly forms: readonly Form[];
}

/** Who looks, and the proof that requests to do something come from the page. */
export interface SessionInfo {
  readonly name: string;
  readonly readOnly: boolean;
  readonly token: string;
}

/** What became of an action. */
export interface Done {
  readonly done: string;
}

/** Why there is nothing else. */
export interface Refused {
  readonly error: string;
}
