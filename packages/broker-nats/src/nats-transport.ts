import {
  type BrokerTransport,
  ConnectionLostError,
  type Lane,
  type TransportEvents,
  within,
} from '@asyngular/broker/transport';
import { createInbox, type NatsConnection, PermissionViolationError } from '@nats-io/nats-core';
import { connect, type NodeConnectionOptions } from '@nats-io/transport-node';
import { type InterestLink, Interests } from './interests.js';
import { NatsLog } from './log/nats-log.js';
import type { NatsLogOptions } from './log/stream-config.js';
import { type EndableOptions, useEndableTransports } from './node-transport.js';
import { channelToSubject } from './subject.js';

/** Pause between two attempts to connect to the same server, unless `reconnectTimeWait` says otherwise. */
const DEFAULT_RECONNECT_MS = 500;
const MAX_FORBIDDEN = 1_000;

/** What a `NatsTransport` is made of. */
export interface NatsTransportOptions {
  /** First tokens of every subject. */
  readonly prefix: string;
  /** The application's, used instead of one made from `options`. */
  readonly connection: NatsConnection | undefined;
  readonly options: NodeConnectionOptions;
  /** See `NatsBrokerOptions`. */
  readonly interestDelayMs: number;
  readonly log: NatsLogOptions;
  /** How long, in ms, publications wait for the service. */
  readonly timeoutMs: number;
}

/** Moves envelopes over one NATS connection; nats.js reconnects it, this class says when it was away. */
export class NatsTransport implements BrokerTransport {
  readonly name = 'nats';
  readonly address: string;
  // NATS is asked not to bring a node its own messages.
  readonly echoes = false;
  readonly log: NatsLog;
  readonly #prefix: string;
  readonly #options: EndableOptions;
  readonly #isBorrowed: boolean;
  readonly #lanes: Interests<Lane>;
  #connection: NatsConnection | undefined;
  #events: TransportEvents | undefined;
  /** Counts losses, so that an answer of the next connection is not taken for one of this. */
  #epoch = 0;
  /** Between connected and disconnected, as far as this class has heard. */
  #isUp = false;
  #isClosed = false;
  /** One round trip confirms all sends of an event-loop turn. */
  #acceptance: Promise<void> | undefined;
  #refusal: Error | undefined;
  /** Subjects the server does not let this connection publish on, at most `MAX_FORBIDDEN`. */
  readonly #forbidden = new Map<string, Error>();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Ends attempts to connect, of which the client gives us nothing to close. */
  readonly #ending = new AbortController();

  constructor(setup: NatsTransportOptions) {
    const { prefix, connection, options, interestDelayMs } = setup;
    this.#prefix = prefix;
    this.#connection = connection;
    this.#isBorrowed = connection !== undefined;
    this.#options = {
      reconnectTimeWait: DEFAULT_RECONNECT_MS,
      ...options,
      noEcho: true,
      reconnect: true,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: false,
      signal: this.#ending.signal,
    };
    this.address = connection ? 'the connection of the application' : addressOf(options);
    const link: InterestLink = {
      connection: () => this.#live(),
      flush: (live) => this.#flush(live),
      refusal: () => this.#refusal,
    };
    this.#lanes = new Interests<Lane>(
      link,
      (lane) => channelToSubject(prefix, lane),
      (lane, { data }) => this.#events?.onMessage(lane, data),
      interestDelayMs,
    );
    this.log = new NatsLog(
      {
        ...link,
        onEntry: (channel, entry) => this.#events?.onEntry(channel, entry),
        onWarning: (error) => this.#events?.onWarning(error),
        reset: (reason) => this.reset(reason),
      },
      {
        prefix,
        inbox: createInbox(options.inboxPrefix),
        interestDelayMs,
        patienceMs: setup.timeoutMs,
        options: setup.log,
      },
    );
  }

  open(events: TransportEvents): void {
    this.#events = events;
    if (this.#connection) this.#adopt(this.#connection);
    else void this.#connect();
  }

  send(lane: Lane, data: Uint8Array): Promise<void> {
    const connection = this.#connection;
    if (!this.#isUp || !connection) return Promise.reject(this.#lost());
    const subject = channelToSubject(this.#prefix, lane);
    try {
      connection.publish(subject, data);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#acceptance ??= this.#accept(connection);
    return this.#acceptance.then(() => {
      // The server's complaint came before its answer to the ping.
      const refusal = this.#forbidden.get(subject);
      if (refusal) throw refusal;
    });
  }

  subscribe(lanes: readonly Lane[]): Promise<void> {
    return this.#lanes.add(lanes);
  }

  async unsubscribe(lane: Lane): Promise<void> {
    if (this.#lanes.remove(lane) && this.#isUp) await this.#flush(this.#live());
  }

  probe(): Promise<void> {
    const connection = this.#connection;
    return this.#isUp && connection ? this.#flush(connection) : Promise.reject(this.#lost());
  }

  reset(reason: string): void {
    // A connection that hangs never says that it is gone.
    this.#onDown(reason);
    const connection = this.#connection;
    if (this.#isBorrowed) {
      connection?.reconnect().catch(() => {});
    } else if (connection) {
      // Not `reconnect()`: it first flushes, which a connection that hangs under load never finishes.
      this.#connection = undefined;
      this.#forgetConnection();
      connection.close().catch(() => {});
      void this.#connect();
    }
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    const connection = this.#connection;
    if (connection && this.#isBorrowed) {
      this.#lanes.removeAll();
      this.log.close();
      if (this.#isUp) await within(this.#flush(connection), graceMs);
    } else if (connection) {
      // Draining lets what is on its way be handled and what was published be written.
      if (this.#isUp) await within(connection.drain(), graceMs);
      await connection.close();
    }
    this.#ending.abort();
    this.log.disconnected();
    this.#forgetConnection();
    this.#isUp = false;
  }

  async #connect(): Promise<void> {
    try {
      // A copy: the client writes into it.
      const connecting = connect({ ...this.#options });
      useEndableTransports();
      const connection = await connecting;
      if (this.#isClosed) await connection.close();
      else this.#adopt(connection);
    } catch (error) {
      if (this.#isClosed) return;
      this.#events?.onAttemptFailed(error as Error);
      this.#retryLater();
    }
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    this.#retryTimer = setTimeout(() => void this.#connect(), this.#options.reconnectTimeWait);
  }

  #adopt(connection: NatsConnection): void {
    this.#connection = connection;
    void this.#watch(connection);
    // A connection handed in may be reconnecting; `watch` hears when it is back. Its round trip tells.
    if (this.#isBorrowed)
      connection.flush().then(
        () => this.#onUp(),
        () => {},
      );
    else this.#onUp();
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (this.#isClosed || this.#connection !== connection) return;
      switch (status.type) {
        case 'disconnect':
          if (!this.#isBorrowed) useEndableTransports();
          this.#onDown(`the connection to NATS server ${status.server} was lost`);
          break;
        case 'reconnect':
          this.#onUp();
          break;
        case 'ldm':
          this.#onLameDuck(connection, status.server);
          break;
        case 'error':
          this.#onError(status.error);
          break;
        default:
          break;
      }
    }
    const error = await connection.closed();
    if (this.#isClosed || this.#connection !== connection) return;
    this.#onDown('the NATS connection was closed', error instanceof Error ? error : undefined);
    this.#forgetConnection();
    if (this.#isBorrowed) {
      this.#events?.onWarning(
        new Error('The NATS connection given to natsBroker() was closed; it cannot recover', {
          cause: error,
        }),
      );
    } else {
      this.#connection = undefined;
      this.#retryLater();
    }
  }

  #onUp(): void {
    const connection = this.#connection;
    if (this.#isUp || this.#isClosed || !connection) return;
    this.#isUp = true;
    this.#forbidden.clear();
    this.log.connected(connection);
    this.#events?.onConnected();
  }

  #onDown(reason: string, error?: Error): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#epoch++;
    this.#acceptance = undefined;
    this.log.disconnected();
    this.#events?.onDisconnected(reason, true, error);
  }

  #onError(error: Error): void {
    this.#refusal = error;
    if (error instanceof PermissionViolationError && error.operation === 'publish') {
      if (this.#forbidden.size >= MAX_FORBIDDEN) this.#forbidden.clear();
      this.#forbidden.set(error.subject, error);
      this.log.refuse(error.subject, error);
    }
    this.#events?.onWarning(error);
  }

  #forgetConnection(): void {
    this.#lanes.forget();
    this.log.forgetConnection();
  }

  /** The server is about to shut down: leave for another one now, if there is one. */
  #onLameDuck(connection: NatsConnection, server: string): void {
    const others = connection.info?.connect_urls?.filter((url) => !server.endsWith(url)) ?? [];
    this.#events?.onWarning(
      new Error(
        `NATS server ${server} is shutting down (lame duck); ${others.length} others known`,
      ),
    );
    if (others.length > 0) connection.reconnect().catch(() => {});
  }

  /** Acceptance of everything written in this turn: the server answers a ping behind it. */
  async #accept(connection: NatsConnection): Promise<void> {
    const epoch = this.#epoch;
    await new Promise((resolve) => setImmediate(resolve));
    if (epoch !== this.#epoch) throw this.#lost();
    this.#acceptance = undefined;
    await this.#flush(connection);
  }

  async #flush(connection: NatsConnection): Promise<void> {
    try {
      await connection.flush();
    } catch (cause) {
      throw new ConnectionLostError('The connection to NATS was lost', { cause });
    }
  }

  #live(): NatsConnection {
    if (!this.#isUp || !this.#connection) throw this.#lost();
    return this.#connection;
  }

  #lost(): ConnectionLostError {
    return new ConnectionLostError('There is no connection to NATS');
  }
}

/** For messages: where, and no credentials. */
function addressOf({ servers, port }: NodeConnectionOptions): string {
  if (servers === undefined) return `127.0.0.1:${port ?? 4222}`;
  const list = typeof servers === 'string' ? servers.split(',') : servers;
  return list.map((server) => server.replace(/[^/]*@/, '')).join(', ');
}
