import type { ResolvedOptions } from '../options/options.js';
import type { Platform } from '../platform/platform.js';

/** Query of the connection's URL: an array repeats its key. */
export type QueryObject = Record<string, unknown>;

/** Reads `a=1&b=2&a=3` as `{a: ['1', '3'], b: '2'}`; a leading `?` is ignored. */
export function parseQuery(text: string): QueryObject {
  const params = new URLSearchParams(text);
  // fromEntries defines own members, so that a key `__proto__` is an ordinary one.
  return Object.fromEntries(
    [...params.keys()].map((key) => {
      const values = params.getAll(key);
      return [key, values.length > 1 ? values : values[0]];
    }),
  );
}

/** The URL a connection opens: the platform's address, path and query, with a timestamp if asked for. */
export function connectionUri(platform: Platform, options: ResolvedOptions): string {
  const { path, query, timestampRequests, timestampParam } = options;
  const timestamp = timestampRequests && { [timestampParam]: Date.now() };
  const pairs = Object.entries({ ...query, ...timestamp }).flatMap(([key, value]) =>
    [value].flat().map((item: any) => [key, item ?? ''].map(encodeURIComponent).join('=')),
  );
  return platform.address(options) + path + (pairs.length > 0 ? `?${pairs.join('&')}` : '');
}
