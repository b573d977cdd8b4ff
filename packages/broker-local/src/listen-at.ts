import { chmodSync, existsSync, lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { BrokerError } from '@asyngular/errors';
import { isAnswered } from './is-answered.js';

/** Times that other processes may change what stands at the path while a hub starts. */
const MAX_ATTEMPTS = 10;

/**
 * Lets a server listen on a Unix socket that only its user can open. What a dead server left there is removed; a living
 * one, or a file that is no socket, is a `BrokerError`. The file goes when the server closes.
 */
export async function listenAt(server: Server, path: string): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (await listen(server, path)) {
      chmodSync(path, 0o600);
      return;
    }
    const leftover = identityOf(path);
    assertSocket(path);
    if (await isAnswered(path)) {
      throw refusal(
        path,
        'another hub listens there; let its workers use that one, or choose another path',
      );
    }
    // Another hub that starts now may have replaced it meanwhile.
    if (leftover !== undefined && identityOf(path) === leftover) unlinkSync(path);
  }
  throw refusal(path, 'other processes keep making that file; choose another path');
}

/** False when there is something at the path. */
function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') return resolve(false);
      const folder = dirname(path);
      reject(refusal(path, existsSync(folder) ? error.message : `there is no folder ${folder}`));
    };
    server.once('error', onError);
    // `exclusive`: a worker of node:cluster would otherwise let its primary listen.
    server.listen({ path, exclusive: true }, () => {
      server.off('error', onError);
      resolve(true);
    });
  });
}

/** Throws `BrokerError` for a file that is no socket. */
function assertSocket(path: string): void {
  const isSocket = lstatSync(path, { throwIfNoEntry: false })?.isSocket();
  if (isSocket === false) throw refusal(path, 'that is no socket; choose another path');
}

/** Tells a file from one that has taken its place. */
function identityOf(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats && `${stats.ino} ${stats.ctimeMs}`;
}

function refusal(path: string, reason: string): BrokerError {
  return new BrokerError(`The hub cannot listen on ${path}: ${reason}`);
}
