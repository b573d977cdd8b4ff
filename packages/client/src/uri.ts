/** Query of the connection's URL: an array repeats its key. */
export type QueryObject = Record<string, unknown>;

/** What an address is made of. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number | string | undefined;
  readonly secure: boolean;
  readonly path: string;
  readonly protocolScheme: string | null;
  readonly socketPath: string | null;
  readonly query: Readonly<QueryObject>;
  readonly timestampRequests: boolean;
  readonly timestampParam: string;
}

/** Reads `a=1&b=2&a=3` as `{a: ['1', '3'], b: '2'}`; a leading `?` is ignored. */
export function parseQuery(text: string): QueryObject {
  const params = new URLSearchParams(text);
  // fromEntries defines own members, so that a key `__proto__` is an ordinary one.
  return Object.fromEntries(
    [...params.keys()].map((key) => {
      const values = params.getAll(key);
      return [key, values.length === 1 ? values[0] : values];
    }),
  );
}

function formatQuery(query: Readonly<QueryObject>): string {
  return Object.entries(query)
    .flatMap(([key, value]) => [value].flat().map((item) => [key, String(item ?? '')]))
    .map((pair) => pair.map((text) => encodeURIComponent(text!)).join('='))
    .join('&');
}

/**
 * The URL a connection opens: `scheme://host[:port]path[?query]`, the port left out when it is the
 * scheme's default; with `socketPath` a `ws+unix:` address.
 * @param timestamp ms since the epoch, added as `timestampParam` when `timestampRequests` is set
 */
export function connectionUri(endpoint: Endpoint, timestamp: number): string {
  const { hostname, secure, path } = endpoint;
  const scheme = endpoint.protocolScheme ?? (secure ? 'wss' : 'ws');
  const query = formatQuery(
    endpoint.timestampRequests
      ? { ...endpoint.query, [endpoint.timestampParam]: timestamp }
      : endpoint.query,
  );
  const target = query ? `${path}?${query}` : path;
  if (endpoint.socketPath !== null) {
    return `${scheme}://${endpoint.socketPath}:${target}`;
  }
  const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
  const port = Number(endpoint.port) === (secure ? 443 : 80) ? '' : endpoint.port;
  return `${scheme}://${host}${port ? `:${port}` : ''}${target}`;
}
