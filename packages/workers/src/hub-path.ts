import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Paths of servers that may have a broker of this machine. */
export const MAX_HUBS = 64;

/** Enough that two paths of one application never meet, and short: the system allows about a hundred bytes in all. */
const NAME_LENGTH = 12;

/** The socket of the hub that joins the servers of one `path`; primary and workers find it alike. */
export function hubPath(folder: string, path: string): string {
  const name = createHash('sha256').update(path).digest('base64url').slice(0, NAME_LENGTH);
  return join(folder, `${name}.sock`);
}
