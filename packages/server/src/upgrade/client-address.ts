import type { IncomingMessage } from 'node:http';
import type { UpgradeServer } from './upgrade-server.js';

/** Whose request it is, for limits per address: by the application's function, a front end, or the TCP peer. */
export function clientAddress(core: UpgradeServer, request: IncomingMessage): string {
  const { remoteAddress = '' } = request.socket;
  try {
    const named = core.options.clientAddress
      ? core.options.clientAddress(request)
      : (request as { forwardedForAddress?: string }).forwardedForAddress;
    return typeof named === 'string' ? named : remoteAddress;
  } catch (error) {
    core.emitWarning(error);
    return remoteAddress;
  }
}
