import { AbortError, InvalidActionError, TimeoutError } from '@asyngular/protocol';
import { development } from '#development';

/** The server keeps none, for this channel or at all. */
export function noPresence(channel: string): InvalidActionError {
  return new InvalidActionError(
    development
      ? `The server keeps no presence for ${channel}; its option "channels" makes it do so`
      : channel,
  );
}

export function notAMember(channel: string): InvalidActionError {
  return new InvalidActionError(
    development
      ? `Nothing to update: this client is not a member of ${channel}; call enter(state) first`
      : channel,
  );
}

export function noSubscription(channel: string): AbortError {
  return new AbortError(development ? `The channel ${channel} has no subscription` : channel);
}

export function wasLeft(channel: string): AbortError {
  return new AbortError(development ? `The channel ${channel} was left` : channel);
}

export function noAnswer(channel: string, afterMs: number): TimeoutError {
  return new TimeoutError(
    development
      ? `No answer to the entry of ${channel} within ${afterMs} ms; the client goes on asking`
      : channel,
  );
}
