import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { InvalidOptionsError } from '@asyngular/errors';
import {
  check,
  checkOptions,
  flag,
  func,
  type OptionTable,
  withMethods,
} from '@asyngular/errors/options';

/** Who asks, and what they may do. */
export interface InspectorViewer {
  /** Stands in the server's log beside what they do. Default `somebody`. */
  readonly name?: string | undefined;
  /** Whether they may look only. Default: what the option `readOnly` says, which nobody can be exempted from. */
  readonly readOnly?: boolean | undefined;
}

/** An answer of 401 that makes the browser ask for a password. */
export interface InspectorChallenge {
  /** Value of the header `WWW-Authenticate`, such as `Basic realm="inspector"`. */
  readonly challenge: string;
}

/** What `authorize` decides: `false` is an answer of 403. */
export type InspectorVerdict = boolean | InspectorViewer | InspectorChallenge;

/** Options of `inspector()`. */
export interface InspectorOptions {
  /**
   * Decides about every request, pages and data alike. Nobody gets anything before it has said so: an error that it
   * throws is a refusal and a `warning` of the server, and so is no decision within 10 s. See `basicAuth()`.
   */
  authorize: (request: IncomingMessage) => InspectorVerdict | Promise<InspectorVerdict>;
  /** Where the page is. Default `/_asyngular/`. */
  path?: string | undefined;
  /** Whether everybody may look only: what would change something is neither shown nor done. Default `false`. */
  readOnly?: boolean | undefined;
  /** The HTTP server that shows the page. Default: the one that the clients connect to. */
  httpServer?: HttpServer | undefined;
}

/** Options with their defaults. */
export interface ResolvedInspectorOptions {
  readonly authorize: InspectorOptions['authorize'];
  /** Begins and ends with a slash. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly httpServer: HttpServer | undefined;
}

const isPath = (value: unknown): boolean =>
  /^\/(?:[\w~-][\w.~-]*\/)*(?:[\w~-][\w.~-]*)?$/.test(String(value));

const table = {
  authorize: func('a function of the request that says who may look'),
  path: check("a path of letters, digits and slashes that starts with '/'", isPath),
  readOnly: flag(),
  httpServer: withMethods('on', 'listeners', 'removeAllListeners'),
} satisfies OptionTable<InspectorOptions>;

/** Throws `InvalidOptionsError` for what cannot work, and without `authorize`. */
export function resolveOptions(given: unknown): ResolvedInspectorOptions {
  const options = checkOptions<InspectorOptions>(table, given, 'the inspector');
  const { authorize, path = '/_asyngular/', readOnly = false, httpServer } = options;
  if (authorize === undefined) {
    throw new InvalidOptionsError(
      'The inspector shows everything about every client, so it does not start before you say who may look: ' +
        'inspector(server, { authorize: basicAuth({ admin: process.env.INSPECTOR_PASSWORD }) }), or a function of ' +
        'the request of your own that returns true or false',
    );
  }
  return { authorize, path: path.endsWith('/') ? path : `${path}/`, readOnly, httpServer };
}
