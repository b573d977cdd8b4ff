import {
  agreedExtensions,
  type Extensions,
  encodeExtensions,
  hydrateError,
  InvalidMessageError,
} from '@asyngular/protocol';
import { parseHandshakeReply } from '@asyngular/protocol/internal';

/** Optional protocol features this client offers to use; none yet. */
const offered: Extensions = new Map();

/** Data of `#handshake`; `ext` is left out while there is nothing to offer. */
export function handshakeRequest(authToken: string | null): object {
  const ext = encodeExtensions(offered);
  return ext ? { authToken, ext } : { authToken };
}

/** What the server's answer says. */
export interface Handshake {
  readonly id: string;
  /** Undefined if the server named no usable limit. */
  readonly pingTimeoutMs: number | undefined;
  readonly isAuthenticated: boolean;
  readonly authError: Error | undefined;
  /** Features that both sides named. */
  readonly extensions: Extensions;
}

/**
 * Reads the answer to `#handshake`.
 * @throws InvalidMessageError without an id: there is no connection then
 */
export function readHandshake(data: unknown): Handshake {
  const reply = parseHandshakeReply(data);
  if (!reply) {
    throw new InvalidMessageError(
      'The handshake response of the server has no socket id; check that both ends use the same codec',
    );
  }
  return {
    id: reply.id,
    pingTimeoutMs: reply.pingTimeout,
    isAuthenticated: reply.isAuthenticated,
    authError: (hydrateError(reply.authError) as Error | null) ?? undefined,
    extensions: agreedExtensions(offered, reply.ext),
  };
}
