import type { AddressEntry } from '../limits/addresses.js';
import { Buckets, RateLimiter } from '../limits/rate-limits.js';
import type { Session } from '../session/session.js';
import { clientAddress } from './client-address.js';
import type { UpgradeServer } from './upgrade-server.js';

/** Gives a session the rates that the options allow it and its address, with full buckets of its own. */
export function limitRates(
  core: UpgradeServer,
  session: Session,
  known: AddressEntry | undefined,
): void {
  const { rateLimits } = core.options;
  const address = known ?? core.addresses?.entry(clientAddress(core, session.request));
  if (session.address !== address) {
    if (session.address) session.address.sockets--;
    if (address) address.sockets++;
    session.address = address;
  }
  const own = rateLimits && new Buckets(rateLimits, performance.now());
  const isLimited = own !== undefined || address?.buckets !== undefined;
  session.limiter = isLimited ? new RateLimiter(session, own, address?.buckets) : undefined;
}
