import { randomFillSync } from 'node:crypto';

/** Server ids of sockets: 15 random bytes make 20 URL-safe characters (P4.3). */
const ID_BYTES = 15;

/** Random bytes are fetched for so many ids at once: a fetch costs as much as ten ids. */
const IDS_PER_FETCH = 128;

const bytes = Buffer.allocUnsafeSlow(ID_BYTES * IDS_PER_FETCH);
let used = bytes.length;

/** A new id, which nobody can guess. */
export function randomId(): string {
  if (used === bytes.length) {
    randomFillSync(bytes);
    used = 0;
  }
  const start = used;
  used += ID_BYTES;
  return bytes.toString('base64url', start, used);
}
