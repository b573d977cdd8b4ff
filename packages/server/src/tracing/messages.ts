import type { TraceContext } from '@asyngular/protocol/internal';
import type { CallOutcome, OutgoingOutcome } from '../metrics/call-outcomes.js';

/** What all messages of the server's tracing channels have. One object goes through all events of what it is about. */
interface TraceMessage {
  /** Why it failed; set before the event `error`, which comes only then. */
  error?: unknown;
}

/** Something that runs code of the application, or of the server, which may run in a context of a subscriber. */
interface RunnableTrace extends TraceMessage {
  /** Where it stands in the trace of the client that asked for it, if that client says so. */
  readonly context: TraceContext | undefined;
  /**
   * Runs what it is about. A subscriber to `start` may put a function of its own around it, which has to call the one
   * before with the same `work`, once, and return its result: `context.with(span, before, undefined, work)`.
   */
  run: <Result>(work: () => Result) => Result;
}

/** Of `asyngular:server:handshake`: from the `#handshake` packet to the open socket, or its refusal. */
export interface HandshakeTrace extends TraceMessage {
  /** Set at the end. */
  isAccepted: boolean | undefined;
}

/** Of `asyngular:server:call`: from the arrival of a client's call at the application to its answer. */
export interface CallTrace extends RunnableTrace {
  readonly procedure: string;
  /** Whether the server declares the procedure; otherwise a client has chosen the name. */
  readonly isDeclared: boolean;
  /** Whether it asks for a stream, or brings one. */
  readonly isStream: boolean;
  /** Set at the end. */
  outcome: CallOutcome | undefined;
}

/** Of `asyngular:server:outgoing-call`: from a call of the server to the client's answer. */
export interface OutgoingCallTrace extends TraceMessage {
  readonly procedure: string;
  /** Whether it reads a stream. */
  readonly isStream: boolean;
  /** Set at the end. */
  outcome: OutgoingOutcome | undefined;
}

/** Of `asyngular:server:publish`: from the publication to when the broker, or the log, has it. */
export interface PublishTrace extends RunnableTrace {
  readonly channel: string;
  /** The pattern of the option `channels` that fits; `other` when none does. */
  readonly pattern: string;
}

/** Of `asyngular:server:recovery`: from the return of a subscription to when it has all that it had missed. */
export interface RecoveryTrace extends TraceMessage {
  readonly channel: string;
  /**
   * Set at the end. `refused`: the log does not go back far enough. `left`: the socket has gone, or has unsubscribed, before.
   * `failed`: the log could not be read.
   */
  outcome: 'recovered' | 'refused' | 'left' | 'failed' | undefined;
}

/** What goes through each tracing channel, by its name. */
export interface TraceMessages {
  'asyngular:server:handshake': HandshakeTrace;
  'asyngular:server:call': CallTrace;
  'asyngular:server:outgoing-call': OutgoingCallTrace;
  'asyngular:server:publish': PublishTrace;
  'asyngular:server:recovery': RecoveryTrace;
}
