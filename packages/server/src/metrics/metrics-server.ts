import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import { createScrapeHandler } from './metrics-handler.js';
import type { MetricsOptions } from './metrics-options.js';

/** What scrapers may take. */
const usualLimits = {
  /** How long a scrape may take, from its first byte to when its answer has been read, in ms. */
  scrapeMs: 10_000,
  /** Connections at a time; further ones are refused. */
  maxScrapers: 32,
};

const MAX_HEADER_BYTES = 8_192;

/** What the server of metrics is for. */
export interface MetricsServerOwner {
  collect(): Promise<string>;
  /** A scrape has failed. */
  onScrapeError(error: Error): void;
  /** It cannot listen. */
  onListenError(error: Error): void;
}

/**
 * Shows metrics on a port of their own. Scrapers may be slow, many, or none at all: what each of them takes is bounded,
 * and none is waited for at the end.
 */
export class MetricsServer {
  readonly #httpServer: HttpServer;

  constructor(
    { port, host = '127.0.0.1', path }: MetricsOptions,
    owner: MetricsServerOwner,
    { scrapeMs, maxScrapers } = usualLimits,
  ) {
    const scrape = createScrapeHandler(
      path,
      () => owner.collect(),
      (error) => owner.onScrapeError(error),
    );
    const httpServer = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: scrapeMs,
        requestTimeout: scrapeMs,
        connectionsCheckingInterval: scrapeMs / 2,
      },
      (request, response) => {
        cutLate(response, scrapeMs);
        if (scrape(request, response)) return;
        response.writeHead(404, { Connection: 'close' }).end();
      },
    );
    httpServer.maxConnections = maxScrapers;
    httpServer.on('error', (cause: NodeJS.ErrnoException) => {
      owner.onListenError(listenError(port, host, cause));
    });
    httpServer.listen(port, host);
    this.#httpServer = httpServer;
  }

  /** `undefined` while it does not listen. */
  get port(): number | undefined {
    const address = this.#httpServer.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  close(): void {
    this.#httpServer.close();
    this.#httpServer.closeAllConnections();
  }
}

/** A scraper that does not read its answer is cut. */
function cutLate(response: ServerResponse, afterMs: number): void {
  const timer = setTimeout(() => response.destroy(), afterMs).unref();
  response.on('close', () => clearTimeout(timer));
}

function listenError(port: number, host: string, cause: NodeJS.ErrnoException): Error {
  const error = new Error(
    `The metrics cannot be shown on port ${port} of ${host} (${cause.message}); name another port or host in the ` +
      'option metrics, or end the process that has the port',
    { cause },
  );
  // The code that applications know from Node.
  return Object.assign(error, { code: cause.code });
}
