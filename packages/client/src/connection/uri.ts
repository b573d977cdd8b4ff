import type { Context } from '../context.js';

/** Half of a surrogate pair, which has no encoding. */
const loneSurrogates = /\p{Surrogate}/gu;

/** The URL a connection opens: the platform's address, path and query, with a timestamp if asked for. */
export function connectionUri({
  platform,
  options,
}: Pick<Context, 'platform' | 'options'>): string {
  const { path, query, timestampRequests, timestampParam } = options;
  const timestamp = timestampRequests && { [timestampParam]: platform.wallNow() };
  const pairs = Object.entries({ ...query, ...timestamp }).flatMap(([key, value]) =>
    [value].flat().map((item) => `${encode(key)}=${encode(String(item ?? ''))}`),
  );
  return platform.address(options) + path + (pairs.length > 0 ? `?${pairs.join('&')}` : '');
}

/** What is no character of Unicode becomes U+FFFD, as in URLs that browsers make. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(loneSurrogates, '\uFFFD'));
}
