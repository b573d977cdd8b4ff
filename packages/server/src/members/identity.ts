import { hash, randomBytes } from 'node:crypto';

/** 16 random bytes make the 22 URL-safe characters of P15.2. */
const SECRET_BYTES = 16;

/** 120 bits, as in the ids of sockets. */
const DIGEST_LENGTH = 20;

/** The secret of a client that has none yet. */
export function createClientSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/**
 * The key of a client without a user id. It is the same on all of its connections and on all servers, which need to know
 * nothing of each other, and who sees it cannot find the secret (P15.3).
 */
export function guestKey(secret: string): string {
  return digest(`key ${secret}`);
}

/** Names one connection of a client in the whole fleet; only the client's secret leads to it (P15.8). */
export function connectionName(secret: string, socketId: string): string {
  return digest(`connection ${secret} ${socketId}`);
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, DIGEST_LENGTH);
}
