import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpAnswer } from '../engine/engine.js';
import { writeAnswer } from '../health/health.js';
import { checkMetricsHandlerOptions, type MetricsHandlerOptions } from './metrics-options.js';
import { OPEN_METRICS_TYPE } from './openmetrics.js';

/** What has metrics to show. */
interface HasMetrics {
  metrics(): Promise<string>;
  emitWarning(warning: Error): void;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Answers scrapes with `server.metrics()` on an HTTP server of yours. Returns whether the request was one; others are
 * left to the handler of the rest. Anyone who reaches the path can read the numbers: keep it from clients, or use the option
 * `metrics`, which has a port of its own.
 *
 *     const answerScrape = metricsHandler(server);
 *     httpServer.on('request', (request, response) => answerScrape(request, response) || app(request, response));
 */
export function metricsHandler(server: HasMetrics, options?: MetricsHandlerOptions): Handler {
  const { path } = checkMetricsHandlerOptions(options);
  return createScrapeHandler(
    path,
    () => server.metrics(),
    (error) => server.emitWarning(error),
  );
}

/** `collect` runs once for all who ask while it does. */
export function createScrapeHandler(
  path = '/metrics',
  collect: () => Promise<string>,
  onError: (error: Error) => void,
): Handler {
  let pending: Promise<HttpAnswer> | undefined;

  async function scrape(): Promise<HttpAnswer> {
    try {
      const headers = { 'Content-Type': OPEN_METRICS_TYPE, 'Cache-Control': 'no-store' };
      return { status: 200, headers, body: await collect() };
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
      return { status: 500, headers: {}, body: 'The metrics could not be collected' };
    } finally {
      pending = undefined;
    }
  }

  return (request, response) => {
    if (request.url?.split('?', 1)[0] !== path) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      // What else it has to say is not read.
      const headers = { Allow: 'GET, HEAD', Connection: 'close' };
      writeAnswer(response, { status: 405, headers, body: '' });
      return true;
    }
    pending ??= scrape();
    void pending.then((answer) => {
      if (!response.destroyed) writeAnswer(response, answer);
    });
    return true;
  };
}
