import type { GaugeFamily } from './family.js';

/** What is said of a metric before it has values. */
export interface MetricDeclaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info';
  readonly help: string;
  /** The names of its labels. */
  readonly labels?: readonly string[];
  readonly unit?: 'seconds' | 'bytes';
  /** What several processes together have, of a gauge. Default `add`. */
  readonly merge?: GaugeFamily['merge'];
}

/** Every metric of a server, in the order in which they are written. docs/metrics.md is checked against it. */
export const declarations = {
  build: {
    name: 'asyngular_build',
    type: 'info',
    labels: ['version', 'node', 'broker'],
    help: 'Versions of the server and of Node.js, and the kind of its broker.',
  },
  uptime: {
    name: 'asyngular_uptime_seconds',
    type: 'gauge',
    unit: 'seconds',
    merge: 'min',
    help: 'Time since the server was made; of several processes, that of the youngest.',
  },
  ready: {
    name: 'asyngular_ready',
    type: 'gauge',
    merge: 'min',
    help: 'Whether new clients should come: 1, or 0 while the server starts, has lost its broker, drains or is closed.',
  },
  loopLag: {
    name: 'asyngular_event_loop_lag_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'How much later than due the event loop got to a timer, measured ten times a second.',
  },
  loopBusy: {
    name: 'asyngular_event_loop_busy_seconds',
    type: 'counter',
    unit: 'seconds',
    help: 'How long the event loop was busy; its rate is the part of a core that the process uses.',
  },
  clients: { name: 'asyngular_clients', type: 'gauge', help: 'Open sockets.' },
  handshakes: {
    name: 'asyngular_handshakes',
    type: 'counter',
    help: 'Handshakes completed.',
  },
  pendingHandshakes: {
    name: 'asyngular_pending_handshakes',
    type: 'gauge',
    help: 'Handshakes under way, from the upgrade request on.',
  },
  closes: {
    name: 'asyngular_closes',
    type: 'counter',
    labels: ['code'],
    help: 'Sockets that have ended, before or after their handshake, by close code.',
  },
  calls: {
    name: 'asyngular_calls',
    type: 'counter',
    labels: ['procedure', 'outcome'],
    help: 'Calls of clients by what became of them.',
  },
  callDuration: {
    name: 'asyngular_call_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    labels: ['procedure'],
    help: 'From the turn of the event loop in which a call came to the end of the turn that answers it, or ends the stream that does.',
  },
  callsInFlight: {
    name: 'asyngular_calls_in_flight',
    type: 'gauge',
    help: 'Calls that wait for their answer, or whose stream is open.',
  },
  streams: {
    name: 'asyngular_streams',
    type: 'counter',
    help: 'Calls that asked for a stream or brought one.',
  },
  openStreams: {
    name: 'asyngular_open_streams',
    type: 'gauge',
    help: 'Those of them that have not ended.',
  },
  outgoingCalls: {
    name: 'asyngular_outgoing_calls',
    type: 'counter',
    labels: ['procedure', 'outcome'],
    help: 'Calls of the server to clients by what became of them.',
  },
  outgoingDuration: {
    name: 'asyngular_outgoing_call_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    labels: ['procedure'],
    help: 'From the turn of the event loop in which such a call was made to the end of the turn in which its answer came.',
  },
  outgoingInFlight: {
    name: 'asyngular_outgoing_calls_in_flight',
    type: 'gauge',
    help: 'Such calls that wait for their answer, or whose stream is open.',
  },
  unhandledTransmits: {
    name: 'asyngular_unhandled_transmits',
    type: 'counter',
    help: 'One-way messages that nobody consumed.',
  },
  invalidMessages: {
    name: 'asyngular_invalid_messages',
    type: 'counter',
    help: 'Messages, calls and publications of clients that are not what the contract says.',
  },
  blockedActions: {
    name: 'asyngular_blocked_actions',
    type: 'counter',
    help: 'Actions blocked by middleware.',
  },
  channels: {
    name: 'asyngular_channels',
    type: 'gauge',
    help: 'Channels with a subscriber; one that has some in two processes counts twice.',
  },
  publications: {
    name: 'asyngular_publications',
    type: 'counter',
    labels: ['pattern'],
    help: 'Publications made on this server, by channel pattern.',
  },
  deliveries: {
    name: 'asyngular_deliveries',
    type: 'counter',
    labels: ['pattern'],
    help: 'Publications handed to sockets, one for each subscriber, by channel pattern.',
  },
  dropped: {
    name: 'asyngular_dropped_publications',
    type: 'counter',
    help: 'Publications dropped for slow sockets by the overflow policy.',
  },
  limits: {
    name: 'asyngular_limits',
    type: 'counter',
    labels: ['limit'],
    help: 'How often each limit was reached.',
  },
  bufferedBytes: {
    name: 'asyngular_buffered_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes that the kernel has not accepted yet, of all sockets.',
  },
  stalledSockets: {
    name: 'asyngular_stalled_sockets',
    type: 'gauge',
    help: 'Sockets that have such bytes.',
  },
  backlogMessages: {
    name: 'asyngular_backlog_messages',
    type: 'gauge',
    help: 'Messages and events that wait in streams for loops of the application.',
  },
  backlogBytes: {
    name: 'asyngular_backlog_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'About how many bytes they take.',
  },
  limitedAddresses: {
    name: 'asyngular_limited_addresses',
    type: 'gauge',
    help: 'Addresses of which something is remembered for limits.',
  },
  brokerUp: {
    name: 'asyngular_broker_up',
    type: 'gauge',
    merge: 'min',
    help: 'Whether the broker is connected: 1 or 0; of several processes, 0 if any of them has lost it.',
  },
  brokerQueuedMessages: {
    name: 'asyngular_broker_queued_messages',
    type: 'gauge',
    help: 'Publications that wait for the broker to accept them.',
  },
  brokerQueuedBytes: {
    name: 'asyngular_broker_queued_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Their bytes.',
  },
  brokerPublished: {
    name: 'asyngular_broker_published_messages',
    type: 'counter',
    help: 'Messages that the broker has accepted.',
  },
  brokerReceived: {
    name: 'asyngular_broker_received_messages',
    type: 'counter',
    help: 'Messages of other servers that have arrived.',
  },
  brokerInterruptions: {
    name: 'asyngular_broker_interruptions',
    type: 'counter',
    help: 'Times that messages of other servers may have been missed; channels with history then read their log.',
  },
  recoveries: {
    name: 'asyngular_recoveries',
    type: 'counter',
    labels: ['outcome'],
    help: 'Subscriptions that came back: recovered, or refused because the log does not go back far enough.',
  },
  recoveryDuration: {
    name: 'asyngular_recovery_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From the return of a subscription to when it had all that it had missed.',
  },
  replayed: {
    name: 'asyngular_replayed_publications',
    type: 'counter',
    help: 'Publications sent to subscriptions that were behind: after a reconnect, a rewind or a slow moment.',
  },
  catchingUp: {
    name: 'asyngular_catching_up',
    type: 'gauge',
    help: 'Subscriptions that are behind their channel and read from its log.',
  },
  historyInterruptions: {
    name: 'asyngular_history_interruptions',
    type: 'counter',
    help: 'Times that a channel with history, or one subscription to it, could not go on without a hole.',
  },
  logReads: { name: 'asyngular_log_reads', type: 'counter', help: 'Reads of logs.' },
  logGaps: {
    name: 'asyngular_log_gaps',
    type: 'counter',
    help: 'Times that live publications were missing and were read from the log.',
  },
  logAppends: {
    name: 'asyngular_log_appends',
    type: 'counter',
    labels: ['outcome'],
    help: 'Publications added to logs, or found there already by their id.',
  },
  logBytes: {
    name: 'asyngular_log_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of the logs that are kept in this process.',
  },
  logEvictions: {
    name: 'asyngular_log_evictions',
    type: 'counter',
    help: 'Logs forgotten before their time, because all together had become too large.',
  },
  presenceMembers: {
    name: 'asyngular_presence_members',
    type: 'gauge',
    help: 'Members of channels who are connected to this server.',
  },
  presenceRemoteMembers: {
    name: 'asyngular_presence_remote_members',
    type: 'gauge',
    merge: 'max',
    help: 'Members of other servers that are known here.',
  },
  presenceWatchers: {
    name: 'asyngular_presence_watchers',
    type: 'gauge',
    help: 'Sockets that watch the members of a channel, in each channel.',
  },
  presenceRepairs: {
    name: 'asyngular_presence_repairs',
    type: 'counter',
    help: 'Times that another server was asked again, because something of its members had been missed.',
  },
} as const satisfies Record<string, MetricDeclaration>;
