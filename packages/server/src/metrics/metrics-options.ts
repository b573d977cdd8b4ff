import { InvalidOptionsError } from '@asyngular/errors';
import { check, checkOptions, type OptionTable, text } from '@asyngular/errors/options';

/** Options of `metricsHandler()`. */
export interface MetricsHandlerOptions {
  /** Where scrapers ask. Default `/metrics`. */
  path?: string | undefined;
}

/** Where a server shows its metrics: the option `metrics`. */
export interface MetricsOptions extends MetricsHandlerOptions {
  /** A port of its own, so that clients do not reach it; 0 for any free one, see `server.metricsPort`. */
  port: number;
  /** The address to listen on. Default `127.0.0.1`: this machine alone. `0.0.0.0` or `::` for all of its networks. */
  host?: string | undefined;
}

const handlerTable = {
  path: check("a path that starts with '/'", (value) => String(value).startsWith('/')),
} satisfies OptionTable<MetricsHandlerOptions>;

const metricsTable = {
  ...handlerTable,
  port: check('a port, 0 to 65535', isPort),
  host: text({ minLength: 1 }),
} satisfies OptionTable<MetricsOptions>;

/** The options that were given. Throws `InvalidOptionsError` for what cannot work. */
export function checkMetricsHandlerOptions(options: unknown): MetricsHandlerOptions {
  return checkOptions<MetricsHandlerOptions>(handlerTable, options, 'the metrics handler');
}

/** The option `metrics`. Throws `InvalidOptionsError` for what cannot work. */
export function checkMetricsOptions(options: unknown): MetricsOptions {
  const { port, ...others } = checkOptions<MetricsOptions>(metricsTable, options, 'the metrics');
  if (port !== undefined) return { port, ...others };
  throw new InvalidOptionsError(
    'The metrics option names no port; give them one of their own, such as metrics: { port: 9464 }, or serve them on a ' +
      'server of yours with metricsHandler()',
  );
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
}
