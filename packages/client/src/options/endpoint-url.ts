import { InvalidArgumentsError } from '@asyngular/protocol';
import { development } from '#development';
import type { ClientOptions } from './options.js';

/**
 * The options that `wss://host:port/path/?query` stands for; `http` counts as `ws`. Without a path it is the default.
 * @throws InvalidArgumentsError for another scheme, and for what is no URL
 */
export function readUrl(url: string): ClientOptions {
  // Of the schemes, only those of HTTP have a host in every implementation of URL.
  const parsed = /^(?:ws|http)s?:\/\//i.test(url) && parse(url.replace(/^ws/i, 'http'));
  if (!parsed) {
    throw new InvalidArgumentsError(
      development
        ? `${url} is no address of a server; write it as in create('wss://example.com:8000/path/')`
        : url,
    );
  }
  const { protocol, hostname, port, pathname, search } = parsed;
  const secure = protocol === 'https:';
  return {
    secure,
    hostname,
    port: port || (secure ? 443 : 80),
    ...(pathname !== '/' && { path: pathname }),
    query: search,
  };
}

function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
