import { connect } from 'node:net';

/** Whether a process listens on a Unix socket. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => end(true));
    // Any other error, such as a full queue of connections, comes from a socket that somebody has.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      end(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}
