import type { AppContract } from '@asyngular/protocol';
import { platform } from '#platform';
import type { ClientOptions } from './options/options.js';
import { AGClientSocket } from './socket.js';

/**
 * A new socket with a connection of its own; it connects at once unless `autoConnect` is false.
 * `Contract` types its messages, calls, channels and token; without one everything is accepted.
 * @throws InvalidArgumentsError for options that cannot work
 */
export function create<Contract extends AppContract = any>(
  options: ClientOptions = {},
): AGClientSocket<Contract> {
  return new AGClientSocket<Contract>(options, platform);
}

/** The same under the name that earlier clients used. */
export const factory = { create } as const;
