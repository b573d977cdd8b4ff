import { percentEncode } from '@asyngular/protocol/internal';
import type { Context } from '../context.js';

/** The URL a connection opens: the platform's address, path and query, with a timestamp if asked for. */
export function connectionUri({
  platform,
  options,
}: Pick<Context, 'platform' | 'options'>): string {
  const { path, query, timestampRequests, timestampParam } = options;
  const timestamp = timestampRequests && { [timestampParam]: platform.wallNow() };
  const pairs = Object.entries({ ...query, ...timestamp }).flatMap(([key, value]) =>
    [value].flat().map((item) => `${percentEncode(key)}=${percentEncode(String(item ?? ''))}`),
  );
  return platform.address(options) + path + (pairs.length > 0 ? `?${pairs.join('&')}` : '');
}
