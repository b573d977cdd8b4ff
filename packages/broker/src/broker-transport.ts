import type { LogTransport, StoredEntry } from './log-transport.js';

/** A channel's name, or `null` for the control lane on which the nodes of a fleet hear each other. */
export type Lane = string | null;

/** What a transport reports to the broker built on it. None of the functions throws. */
export interface TransportEvents {
  /** Connected, for the first time or again. `subscribe()` with every lane follows. */
  onConnected(): void;
  /**
   * The connection is gone and the transport is trying to get it back. `lossy`: messages for this node
   * may be lost from now on (false when only the publishing side is affected). Repeats are harmless.
   */
  onDisconnected(reason: string, lossy: boolean, error?: Error): void;
  /** What another node sent on a lane; of transports with `echoes` also what this node sent. */
  onMessage(lane: Lane, data: Uint8Array): void;
  /** A live entry of a channel that `LogTransport.follow` asked for. */
  onEntry(channel: string, entry: StoredEntry): void;
  /**
   * An attempt to connect failed, and another one follows. May be called for every attempt: the broker
   * reports one failure per outage and cause.
   */
  onAttemptFailed(error: Error): void;
  /** The service complained about something else; the transport carries on. */
  onWarning(error: Error): void;
}

/**
 * The part of a broker that knows a wire: moves envelopes, reconnects, and says when it was away. All
 * else (queue, order, sequences, gaps, probing) is the work of the `FleetBroker` around it.
 */
export interface BrokerTransport {
  /** Short name of the service, for logs and health reports: `nats`, `redis`. */
  readonly name: string;
  /** Where it connects to, for messages, without credentials: `redis://127.0.0.1:6379`. */
  readonly address: string;
  /**
   * Whether the service brings a node its own messages. The broker then waits for its own heartbeats to
   * come back, which proves that publishing and receiving belong together; otherwise `probe()` alone must.
   */
  readonly echoes: boolean;
  /**
   * Starts connecting and keeps at it until `close()`. Every attempt has a limit, however far it has got
   * (`FleetOptions.connectTimeoutMs`): a service that accepts connections and says nothing is left again.
   */
  open(events: TransportEvents): void;
  /**
   * Writes at once, so that calls keep their order. Resolves when the service accepted the data, rejects
   * with `ConnectionLostError` or with the service's refusal. Only called while connected.
   */
  send(lane: Lane, data: Uint8Array): Promise<void>;
  /**
   * Resolves when the service has confirmed every lane. After each `onConnected` it is called with all
   * of them, in portions, otherwise with new ones; lanes already in place are no error.
   */
  subscribe(lanes: readonly Lane[]): Promise<void>;
  /** Gives a lane back; lanes it never had are ignored. Resolves when the service has confirmed. */
  unsubscribe(lane: Lane): Promise<void>;
  /** Logs of channels, if this service keeps any. */
  readonly log?: LogTransport;
  /** A round trip on every connection, behind everything already on its way to this node. */
  probe(): Promise<void>;
  /** Drops connections that do not answer any more and connects again; `reason` goes to `onDisconnected`. */
  reset(reason: string): void;
  /**
   * Sends what was handed to `send()` and frees what the transport opened, both within `graceMs` whatever
   * the service does: then no timer, no socket and no attempt of it is left. Never rejects.
   */
  close(graceMs: number): Promise<void>;
}
