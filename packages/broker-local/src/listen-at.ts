import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { BrokerError } from '@asyngular/errors';
import { assertSocketPath } from './socket-path.js';

/** Times that another process may change what stands at the path while a hub starts. */
const MAX_ATTEMPTS = 10;

/**
 * Lets a server listen on a Unix socket that nobody but its user can open, and that belongs to it alone: another one
 * that listens there is an error, what a dead one left is removed. Resolves with the function that removes the file.
 *
 * The socket is made under another name and then linked to its own one. So it is never seen with other permissions,
 * and of two servers that start at once one finds the name taken.
 */
export async function listenAt(server: Server, path: string): Promise<() => void> {
  const made = join(dirname(path), `.${randomBytes(4).toString('hex')}`);
  assertSocketPath(made, 'localHub()');
  // `exclusive`: a worker of node:cluster would otherwise let its primary listen.
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: made, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  await listening.catch((cause: Error) => {
    throw new BrokerError(`The hub cannot listen on ${path} (${cause.message})`, { cause });
  });
  try {
    chmodSync(made, 0o600);
    await claim(made, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    unlinkSync(made);
  }
  const { ino } = lstatSync(path);
  return () => {
    if (inodeOf(path) === ino) unlinkSync(path);
  };
}

/** Gives the socket its name, unless somebody listens there. */
async function claim(made: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (link(made, path)) return;
    if (await isAnswered(path)) throw inUse(path);
    await removeLeftover(path, `${made}x`);
  }
  throw new BrokerError(`The hub cannot listen on ${path}: other processes keep making that file`);
}

/** Removes what a dead server left. It is moved aside first: a living one may have come meanwhile. */
async function removeLeftover(path: string, aside: string): Promise<void> {
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  if (await isAnswered(aside)) {
    link(aside, path);
    unlinkSync(aside);
    throw inUse(path);
  }
  unlinkSync(aside);
}

/** Whether a process listens on a socket. Throws `BrokerError` for a file that is none. */
function isAnswered(path: string): Promise<boolean> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return Promise.resolve(false);
  if (!stats.isSocket()) {
    throw new BrokerError(
      `The hub cannot listen on ${path}: that is no socket; choose another path`,
    );
  }
  return new Promise((resolve) => {
    const socket = connect({ path });
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => end(true));
    socket.once('error', (error) => {
      end(!isCode(error, 'ECONNREFUSED') && !isCode(error, 'ENOENT'));
    });
  });
}

/** False if there is something with that name. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

function inUse(path: string): BrokerError {
  return new BrokerError(
    `Another hub listens on ${path} already; let its workers use that one, or give this hub another path`,
  );
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
