import type { ClientOptions } from '../options/options.js';
import type { PageLocation } from '../platform/platform.js';

/**
 * What to say to options that name another host than the page's and no port: as in published clients it is that of
 * the page, which is rarely meant. Undefined for all others.
 */
export function pagePortWarning(
  { hostname, port }: ClientOptions,
  page: PageLocation | undefined,
): string | undefined {
  const isForeign = hostname && page?.port && hostname !== page.hostname;
  if (!isForeign || port) {
    return undefined;
  }
  return `the hostname option is '${hostname}' and there is no port, so that of this page is dialled, ${page.port}; set the port option`;
}
