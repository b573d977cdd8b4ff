import { BrokerError, InvalidOptionsError } from '@asyngular/errors';

/** The longest path of a Unix socket, in bytes: `sun_path` of sockaddr_un(7) without its final zero. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** Throws `InvalidOptionsError` for a path that no Unix socket can have. `what` is whose option it is. */
export function assertSocketPath(path: string, what: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_PATH_BYTES) {
    throw new InvalidOptionsError(
      `The path option of ${what} is ${bytes} bytes long (${path}); the system takes ${MAX_PATH_BYTES}, so choose a shorter folder, such as /run/app or one of os.tmpdir()`,
    );
  }
  if (path.includes('\0')) {
    throw new InvalidOptionsError(`The path option of ${what} has a zero byte; remove it`);
  }
}

/** Throws `BrokerError` where there are no Unix sockets. */
export function assertUnixSockets(): void {
  if (process.platform !== 'win32') return;
  throw new BrokerError(
    'The local broker needs Unix sockets, and this is Windows; use redisBroker() or natsBroker() between processes, or one process',
  );
}
