import type { SubscribeOptions } from '@asyngular/channels';
import { anything, assertOptions, check, flag, type OptionTable } from '#development';

/** SocketCluster 15 and older: batching is an option of the socket here. Accepted without an effect. */
interface IgnoredOptions {
  batch?: unknown;
}

const table: OptionTable<SubscribeOptions & IgnoredOptions> = {
  waitForAuth: flag(),
  priority: check('a finite number', Number.isFinite),
  data: anything(),
  orThrow: flag(),
  batch: anything(),
};

/** @throws InvalidArgumentsError for an unknown name or a value that cannot work */
export function assertSubscribeOptions(options: SubscribeOptions | undefined): void {
  assertOptions(table, options, 'subscribe()');
}
