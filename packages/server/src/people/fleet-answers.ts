/** How far an answer of the fleet is one of all servers. */
export interface FleetAnswer {
  /** Ids of the servers that did not answer in time: what is on them is not in the answer. */
  readonly unanswered: readonly string[];
  /**
   * Whether all servers have answered. False also while the own broker is away and in the first moments after the
   * start, when it is not known yet which servers there are.
   */
  readonly isComplete: boolean;
}

/** What became of something that was sent to sockets. */
export interface Reached extends FleetAnswer {
  /** Open sockets that it was sent to, or that were closed or taken out, on all servers that have answered. */
  readonly connections: number;
}

/** A socket of any server. */
export interface FleetSocket {
  /** Id of the server that it is connected to. */
  readonly server: string;
  readonly id: string;
  readonly userId: string | undefined;
  /** When its handshake was complete, in ms since the epoch of its server's clock. */
  readonly since: number;
  /** Of the TCP peer: the client, or a proxy in front. */
  readonly address: string | undefined;
}

/** A part of the list of sockets. */
export interface FleetSockets extends FleetAnswer {
  /** By server, and there in the order in which they connected. */
  readonly sockets: readonly FleetSocket[];
  /** Where the next part begins; `undefined` after the last part. What the text says is not for use elsewhere. */
  readonly cursor: string | undefined;
}
