import { InvalidActionError } from '@asyngular/protocol';
import { assertName } from '@asyngular/protocol/internal';

/**
 * Names of the broker's channels on which servers talk to each other begin so. No client and no application can
 * subscribe to them, publish on them or read their history (P6.15).
 */
export const RESERVED_PREFIX = '#fleet:';

/** Whether a channel's name is one that only servers use between themselves. */
export function isReservedName(channel: string): boolean {
  return channel.startsWith(RESERVED_PREFIX);
}

/** Throws `InvalidArgumentsError` for what is no text, and `InvalidActionError` for such a name. */
export function assertChannelName(name: unknown): asserts name is string {
  assertName(name);
  if (isReservedName(name)) throw reservedName(name);
}

/** What becomes of a client or an application that names such a channel. */
export function reservedName(channel: string): InvalidActionError {
  return new InvalidActionError(
    `The channel ${JSON.stringify(channel)} is reserved: on those that begin with ${RESERVED_PREFIX} servers talk to ` +
      'each other; use another name',
  );
}
