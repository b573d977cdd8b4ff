import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { nextEvent } from '@asyngular/test-utils/event';
import { parseOpenMetrics } from '@asyngular/test-utils/openmetrics';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { listen, metricsHandler } from '../src/index.js';
import { MetricsServer } from '../src/metrics/metrics-server.js';
import { onCleanup, startServer, until } from './support/server.js';

interface Reply {
  status: number | undefined;
  headers: Record<string, unknown>;
  body: string;
}

function ask(port: number, path = '/metrics', options: object = {}): Promise<Reply> {
  return within(
    'the answer',
    new Promise((resolve, reject) => {
      const call = request(
        { port, host: '127.0.0.1', path, agent: false, ...options },
        (response) => {
          let body = '';
          response.on('data', (chunk) => (body += chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode, headers: response.headers, body }),
          );
        },
      );
      call.on('error', reject).end();
    }),
  );
}

async function startWithMetrics(options: object = {}) {
  const { server } = await startServer({ metrics: { port: 0, ...options } });
  await until('the metrics to be shown', () => server.metricsPort !== undefined);
  return { server, port: server.metricsPort! };
}

it('shows metrics on a port of their own, on this machine alone', async () => {
  const { server, port } = await startWithMetrics();
  const { status, headers, body } = await ask(port);
  expect(status).toBe(200);
  expect(headers['content-type']).toBe(
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  );
  expect(parseOpenMetrics(body).get('asyngular_clients')).toBeDefined();
  expect((await ask(port, '/metrics?x=1')).status).toBe(200);
  expect(await ask(port, '/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  await server.close();
  expect(server.metricsPort).toBeUndefined();
  await expect(ask(port)).rejects.toThrow(/ECONNREFUSED/);
});

it('refuses everything else, and cannot be made to keep anything', async () => {
  const { port } = await startWithMetrics({ path: '/numbers' });
  expect((await ask(port, '/numbers')).status).toBe(200);
  expect((await ask(port)).status).toBe(404);
  const posted = await ask(port, '/numbers', { method: 'POST' });
  expect(posted).toMatchObject({
    status: 405,
    headers: { allow: 'GET, HEAD', connection: 'close' },
  });
  const large = await ask(port, '/numbers', { headers: { cookie: 'x'.repeat(10_000) } });
  expect(large.status).toBe(431);
});

it('answers no more scrapers at a time than it can, and cuts those that take too long', async () => {
  let isAsked = false;
  const metrics = new MetricsServer(
    { port: 0 },
    {
      collect: () => {
        isAsked = true;
        return new Promise(() => {});
      },
      onScrapeError: (error) => expect.unreachable(String(error)),
      onListenError: (error) => expect.unreachable(String(error)),
    },
    { scrapeMs: 100, maxScrapers: 2 },
  );
  onCleanup(() => metrics.close());
  await until('the port', () => metrics.port !== undefined);
  const port = metrics.port!;
  const scrapers = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await Promise.all(scrapers.map((socket) => nextEvent(socket, 'connect')));
  const refused = connect(port, '127.0.0.1');
  refused.on('error', () => {});
  await nextEvent(refused, 'close');
  const cut = scrapers.map((socket) => nextEvent(socket, 'close'));
  scrapers[0]!.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  // Never ends its header.
  scrapers[1]!.write('GET /metrics HTTP/1.1\r\n');
  for (const socket of scrapers) socket.on('error', () => {}).resume();
  await Promise.all(cut);
  expect(isAsked).toBe(true);
});

it('says what to do about a port that is taken', async () => {
  const other = createServer();
  const taken = await listenOn(other);
  onCleanup(() => closeServer(other));
  const server = listen(0, { authKey: 'key', metrics: { port: taken } });
  onCleanup(async () => {
    await server.close();
    server.httpServer?.close();
  });
  const { value } = await within(
    'the error',
    server
      .listener('error')
      .once()
      .then((value) => ({ value })),
  );
  expect((value as any).error).toMatchObject({
    code: 'EADDRINUSE',
    message: expect.stringMatching(
      new RegExp(`port ${taken} of 127.0.0.1 .*EADDRINUSE.*name another port or host`),
    ),
  });
});

it('refuses options that cannot work', () => {
  const make = (metrics: any) => () => listen(0, { metrics });
  expect(make({ port: 70_000 })).toThrow(/port option of the metrics is 70000; it must be a port/);
  expect(make({ port: 1, hots: '::' })).toThrow(/hots of the metrics; did you mean host/);
  expect(make({})).toThrow(/names no port/);
  expect(make({ port: 1, path: 'x' })).toThrow(/path that starts with/);
  expect(make(9464)).toThrow(/metrics option of the server is 9464/);
});

it('is served by an HTTP server of the application, too', async () => {
  const { server } = await startServer();
  const answerScrape = metricsHandler(server, { path: '/internal/metrics' });
  const app = createServer((incoming, response) => {
    if (!answerScrape(incoming, response)) response.writeHead(418).end();
  });
  const port = await listenOn(app);
  onCleanup(() => closeServer(app));
  const [first, second] = await Promise.all([
    ask(port, '/internal/metrics'),
    ask(port, '/internal/metrics'),
  ]);
  expect([first.status, second.status]).toEqual([200, 200]);
  parseOpenMetrics(second.body);
  expect((await ask(port)).status).toBe(418);
});

it('answers 500 when the metrics cannot be collected, and says why to the application', async () => {
  const warnings: Error[] = [];
  const broken = {
    metrics: () => Promise.reject(new Error('no worker answers')),
    emitWarning: (warning: Error) => void warnings.push(warning),
  };
  const answerScrape = metricsHandler(broken);
  const app = createServer((incoming, response) => void answerScrape(incoming, response));
  const port = await listenOn(app);
  onCleanup(() => closeServer(app));
  expect((await ask(port)).status).toBe(500);
  expect(warnings.map(({ message }) => message)).toEqual(['no worker answers']);
});
