import type { ChannelState, SocketState } from '@asyngular/client';

/**
 * How a channel stands: `connecting` for the first time; `catching-up` while missed or past publications come; `live`;
 * `offline` without a connection; `refused` by the server; `idle` when it is not wanted.
 */
export type ChannelStatus = 'idle' | 'connecting' | 'catching-up' | 'live' | 'offline' | 'refused';

/** What the status follows from. */
export interface ChannelFacts {
  readonly socketState: SocketState;
  /** Attempts to connect since the last connection. */
  readonly connectAttempts: number;
  readonly channelState: ChannelState;
  readonly isRefused: boolean;
  /** The server has confirmed the subscription before. */
  readonly wasLive: boolean;
  /** Publications of the past are coming. */
  readonly isCatchingUp: boolean;
}

export function channelStatus(facts: ChannelFacts): ChannelStatus {
  if (facts.isRefused) {
    return 'refused';
  }
  if (facts.channelState === 'unsubscribed') {
    return 'idle';
  }
  if (facts.channelState === 'subscribed') {
    return facts.isCatchingUp ? 'catching-up' : 'live';
  }
  if (facts.socketState === 'open') {
    return facts.wasLive ? 'catching-up' : 'connecting';
  }
  const isFirstAttempt = facts.socketState === 'connecting' && facts.connectAttempts === 0;
  return isFirstAttempt && !facts.wasLive ? 'connecting' : 'offline';
}
