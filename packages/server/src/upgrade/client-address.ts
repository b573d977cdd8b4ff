import type { IncomingMessage } from 'node:http';
import { atOnce } from '../turns/at-once.js';
import type { UpgradeServer } from './upgrade-server.js';

/** Whose request it is, for limits per address: by the application's function, a front end, or the TCP peer. */
export function clientAddress(core: UpgradeServer, request: IncomingMessage): string {
  const { remoteAddress = '' } = request.socket;
  try {
    const named = core.options.clientAddress
      ? atOnce(core.options.clientAddress(request), 'The clientAddress option')
      : (request as { forwardedForAddress?: string }).forwardedForAddress;
    return typeof named === 'string' ? named : remoteAddress;
  } catch (error) {
    core.emitWarning(error);
    return remoteAddress;
  }
}
