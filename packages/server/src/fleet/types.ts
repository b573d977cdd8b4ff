/** What a server says of itself with each heartbeat. */
export interface FleetFacts {
  /** Sockets whose handshake is complete. */
  readonly clients: number;
  /** The part of the time since the last heartbeat in which the event loop was busy, 0 to 1. */
  readonly load: number;
  /** Of `@asyngular/server`. */
  readonly version: string;
  /** It is leaving: no clients should come to it. */
  readonly isDraining: boolean;
}

/** Another server of the fleet, as its heartbeats describe it. */
export interface FleetServer extends FleetFacts {
  /** The id of its broker's node; a server that is started again has another one. */
  readonly id: string;
  /** When it was started, in ms since the epoch of its own clock: to be shown, not to be compared. */
  readonly since: number;
}

/** What may happen to the other servers. All members are optional. */
export interface FleetListener {
  /**
   * A server is heard for the first time, or again after it was silent: what was told before has to be told to it, and
   * asked of it, again.
   */
  onStart?(server: FleetServer): void;
  /**
   * A server that is known here says that it knows nothing of this one (any more): what was told before has to be told
   * to it again.
   */
  onHello?(id: string): void;
  /** A server said that it leaves. */
  onGoodbye?(id: string): void;
  /** A server was not heard for `serverTimeout`; `silentMs` says for how long by now. It may come back (`onStart`). */
  onSilent?(id: string, silentMs: number): void;
  /** The own broker is away: nobody can be heard, and nobody is given up. */
  onFreeze?(): void;
  /**
   * It is back, or this process was halted for a while: whatever was missed has to be asked for. Servers get the full
   * `serverTimeout` again.
   */
  onThaw?(): void;
  /** All who are there must have been heard by now; see `FleetMembership.isSettled`. */
  onSettled?(): void;
  /** Messages of a server were lost, of one lane of a topic or, without `lane`, of whatever it sent. */
  onLoss?(id: string, lane: string | undefined): void;
}

/** Which servers are alive, as far as this one can tell. */
export interface FleetMembership {
  /** This server. */
  readonly id: string;
  /** Whether the own broker is away. The servers below are then those that were alive before. */
  readonly isFrozen: boolean;
  /**
   * Whether all who are there must have been heard by now: half of `serverTimeout` has passed since this server could
   * hear. Until then `servers` may lack some of them.
   */
  readonly isSettled: boolean;
  /** The other live servers by id; without this one. */
  readonly servers: ReadonlyMap<string, FleetServer>;
  /** Calls the listener from now on; returns a function that ends it. */
  listen(listener: FleetListener): () => void;
}

/** How messages of a topic are read and what becomes of them. */
export interface FleetTopicHandler<Message> {
  /**
   * Turns what another server sent into a message; `undefined` if it is not one, which is reported. Nothing may
   * be assumed of the value but that it came out of JSON.
   */
  parse(value: unknown): Message | undefined;
  /** A message of the live server `from`, never of this one. Must not throw. */
  onMessage(message: Message, from: string): void;
}

/**
 * One subject that servers talk about. Messages travel as JSON whatever the server's codec, at most once, in order for
 * each sender and lane; those of one turn and lane share an envelope. Nothing is sent while the own broker is away:
 * such messages are dropped, and `onThaw` says when to ask again.
 */
export interface FleetTopic<Message> {
  /** To every other server. */
  sendToAll(message: Message): void;
  /** To one other server. */
  sendTo(id: string, message: Message): void;
  /** To the other servers that hear a lane of this topic. */
  sendToLane(lane: string, message: Message): void;
  /** Hears a lane; settles when whatever is sent from now on arrives. Rejects when the broker refuses. */
  hear(lane: string): void | Promise<void>;
  /** Hears it no more. */
  unhear(lane: string): void;
}

/** The other servers, and how to talk to them. One per server. */
export interface Fleet {
  readonly membership: FleetMembership;
  /**
   * Registers a topic, once. A server on which nothing registers any sends and hears nothing, and is known to nobody until
   * it has one.
   */
  topic<Message>(name: string, handler: FleetTopicHandler<Message>): FleetTopic<Message>;
}
