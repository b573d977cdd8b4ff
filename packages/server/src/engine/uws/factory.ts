import { checkOptions, count, type OptionTable, object, text } from '@asyngular/errors/options';
import { InvalidOptionsError } from '@asyngular/protocol';
import type { EngineOptions, ListeningEngineFactory } from '../engine.js';
import { UwsEngine } from './engine.js';
import type { UwsModule } from './module.js';

/** Options of {@link uwsEngine}. */
export interface UwsEngineOptions {
  /** Name or address to listen on. Default: all addresses. */
  host?: string | undefined;
  /** Options of `uWS.SSLApp()`, such as `key_file_name` and `cert_file_name`; makes it `wss:`. */
  ssl?: object | undefined;
  /**
   * Bytes that a client may send while it is not to be read from, 64 more counted for each message;
   * beyond: 1008. Comes on top of `inboundHighWaterMarkBytes`. Default 8,388,608, as much as the other
   * way.
   */
  maxHeldBytes?: number | undefined;
}

const engineTable = {
  host: text({ minLength: 1 }),
  ssl: object(),
  maxHeldBytes: count('bytes', { max: Number.MAX_SAFE_INTEGER }),
} satisfies OptionTable<UwsEngineOptions>;

const DEFAULT_MAX_HELD_BYTES = 8_388_608;

/**
 * The engine that serves clients with uWebSockets.js, for the `wsEngine` option of `listen()`:
 *
 *     listen(8000, { wsEngine: uwsEngine(uWS) });
 *
 * `uWS` is the module, which you install yourself. It is an HTTP server of its own, so that `attach()`
 * refuses it; `server.wsServer` is its app, to which you may add routes. What differs from the default
 * engine is described in docs/server.md. Throws `InvalidOptionsError` for a module of another kind, for bad
 * options, and when the server is made with `perMessageDeflate`.
 */
export function uwsEngine(uWS: UwsModule, options?: UwsEngineOptions): ListeningEngineFactory {
  const {
    host,
    ssl,
    maxHeldBytes = DEFAULT_MAX_HELD_BYTES,
  } = checkOptions<UwsEngineOptions>(engineTable, options, 'uwsEngine()');
  for (const name of ['App', 'SSLApp', 'us_listen_socket_close', 'us_socket_local_port'] as const) {
    if (typeof uWS?.[name] === 'function') continue;
    throw new InvalidOptionsError(
      `uwsEngine() must be given the module uWebSockets.js; the function ${name} is missing`,
    );
  }
  return {
    createListeningEngine(engineOptions: EngineOptions) {
      if (engineOptions.perMessageDeflate) {
        throw new InvalidOptionsError(
          'The perMessageDeflate option does not work with uwsEngine(), which would compress for each ' +
            'recipient anew; leave it out, or use the default engine',
        );
      }
      return new UwsEngine(uWS, engineOptions, { host, ssl, maxHeldBytes });
    },
  };
}
