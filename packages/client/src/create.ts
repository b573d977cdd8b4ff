import type { AppContract } from '@asyngular/protocol';
import { platform } from '#platform';
import { readUrl } from './options/endpoint-url.js';
import type { ClientOptions } from './options/options.js';
import { AGClientSocket } from './socket.js';

/**
 * A new socket with a connection of its own; it connects at once unless `autoConnect` is false. The server is that
 * of the URL (`wss://host:port/path/?query`) or of the options, which count where both say something.
 * `Contract` types its messages, calls, channels and token; without one everything is accepted.
 * @throws InvalidArgumentsError for options that cannot work, and for what is no such URL
 */
export function create<Contract extends AppContract = any>(
  url: string,
  options?: ClientOptions<Contract>,
): AGClientSocket<Contract>;
export function create<Contract extends AppContract = any>(
  options?: ClientOptions<Contract>,
): AGClientSocket<Contract>;
export function create<Contract extends AppContract = any>(
  server: string | ClientOptions<Contract> = {},
  options: ClientOptions<Contract> = {},
): AGClientSocket<Contract> {
  const given = typeof server === 'string' ? { ...readUrl(server), ...options } : server;
  return new AGClientSocket<Contract>(given, platform);
}

/** The same under the name that earlier clients used. */
export const factory = { create } as const;
