/** Gauges of now, and a counter since the start, of the channels that show who is there. */
export interface PresenceStats {
  /** Members who are connected to this server, in each channel. */
  readonly members: number;
  /** Members of other servers that are known here, in each channel. */
  readonly remoteMembers: number;
  /** Channels that are watched here. */
  readonly watched: number;
  /** Sockets that watch, in each channel. */
  readonly watchers: number;
  /** Times that another server was asked again, because something of its members had been missed. */
  readonly repairs: number;
}
