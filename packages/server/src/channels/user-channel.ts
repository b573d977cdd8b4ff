import { InvalidActionError } from '@asyngular/protocol';

/**
 * The channel on which a client hears what is published to its user. It stands for another one on each socket, so
 * that no client can name that of somebody else.
 */
export const USER_CHANNEL = '#user';

/** Why nobody publishes on it by name. */
export function refusedUserChannel(): InvalidActionError {
  return new InvalidActionError(
    `The channel ${USER_CHANNEL} is each user's own, and nobody can publish on it by name; publish with ` +
      'server.user(id).publish(), on the server',
  );
}
