import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';

/** Reads the address of a metrics endpoint; `host:port` is understood, and a path that is missing is `/metrics`. */
export function metricsUrl(text: string): string {
  const withScheme = /^[a-z][a-z+]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CommandError(
      exitCodes.usage,
      `'${text}' is not the address of metrics; write it as http://127.0.0.1:9464/metrics, with the port of the server's option metrics`,
    );
  }
  if (url.pathname === '/') url.pathname = '/metrics';
  return url.href;
}
