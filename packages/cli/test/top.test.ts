import { listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { until } from '@asyngular/test-utils/wait';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../src/index.js';
import { parseMetrics, sumOf } from '../src/metrics/parse-metrics.js';
import { bucketsOf, quantile, since } from '../src/metrics/quantile.js';
import { drawTop, figure, sortTitles } from '../src/top/draw.js';
import { viewOf } from '../src/top/view.js';
import { FakeTerminal } from './support/terminal.js';

describe('a scrape', () => {
  it('is read line by line, whatever labels hold', () => {
    const samples = parseMetrics(
      [
        '# TYPE a counter',
        'a_total{x="1",y="a \\"b\\", c\\\\ }"} 3 1700000000',
        'a_total{x="2"} 4 # {trace_id="x"} 1',
        'up 1',
        'inf_bucket{le="+Inf"} 5',
        '',
        'not a metric line!',
        '# EOF',
      ].join('\n'),
    );
    expect(samples[0]).toEqual({
      name: 'a_total',
      labels: { x: '1', y: 'a "b", c\\ }' },
      value: 3,
    });
    expect(sumOf(samples, 'a_total')).toBe(7);
    expect(sumOf(samples, 'a_total', { x: '2' })).toBe(4);
    expect(sumOf(samples, 'b_total')).toBeUndefined();
    expect(samples).toHaveLength(4);
  });

  it('has quantiles that lie in the bucket of the exact one', () => {
    const bounds = [1, 2, 5, 10, 20, 50, Number.POSITIVE_INFINITY];
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 49, noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (values, part) => {
          const samples = bounds.map((le) => ({
            name: 'd_bucket',
            labels: { le: le === Number.POSITIVE_INFINITY ? '+Inf' : String(le) },
            value: values.filter((value) => value <= le).length,
          }));
          const exact = values.toSorted((a, b) => a - b)[Math.ceil(part * values.length) - 1]!;
          const upper = bounds.find((bound) => exact <= bound)!;
          const lower = bounds[bounds.indexOf(upper) - 1] ?? 0;
          const estimate = quantile(bucketsOf(samples, 'd'), part)!;
          expect(estimate).toBeGreaterThanOrEqual(lower);
          expect(estimate).toBeLessThanOrEqual(upper);
        },
      ),
    );
    expect(quantile(new Map(), 0.5)).toBeUndefined();
    // A server that was started again has smaller counts than before.
    expect(since(new Map([[1, 10]]), new Map([[1, 4]]))).toEqual(new Map([[1, 4]]));
  });
});

const reading = (at: number, text: string, url = 'http://127.0.0.1:9464/metrics') => ({
  url,
  at,
  samples: parseMetrics(text),
});

const first = reading(
  0,
  `asyngular_calls_total{procedure="login",outcome="ok"} 10
asyngular_deliveries_total{pattern="room:*"} 100`,
);
const second = reading(
  2_000,
  `asyngular_ready 1
asyngular_broker_up 1
asyngular_clients 1200
asyngular_calls_total{procedure="login",outcome="ok"} 30
asyngular_calls_total{procedure="login",outcome="error"} 4
asyngular_calls_total{procedure="save",outcome="ok"} 100
asyngular_call_duration_seconds_bucket{procedure="login",le="0.01"} 10
asyngular_call_duration_seconds_bucket{procedure="login",le="+Inf"} 10
asyngular_deliveries_total{pattern="room:*"} 90
asyngular_publications_total{pattern="room:*"} 8`,
);

describe('the picture of top', () => {
  const view = viewOf([[first, second]]);

  it('has rates between two readings, also after a restart', () => {
    expect(view.servers[0]).toMatchObject({ clients: 1_200, calls: 62, errors: 2, isReady: true });
    expect(view.procedures[0]).toMatchObject({ procedure: 'login', calls: 12, errors: 2 });
    expect(view.procedures[0]?.p50).toBeCloseTo(5);
    expect(view.procedures[1]).toMatchObject({ procedure: 'save', calls: 50, p50: undefined });
    expect(view.patterns).toEqual([{ pattern: 'room:*', publications: 4, deliveries: 45 }]);
  });

  const state = { time: '12:00:00', sortBy: 'CALLS/S', notes: [], hasKeys: true };

  it('is drawn in its second also where an endpoint has very many series', () => {
    const read = (at: number) => {
      const lines = Array.from(
        { length: 20_000 },
        (_, index) => `asyngular_calls_total{procedure="p${index}",outcome="ok"} ${at}`,
      );
      return { url: 'http://a/metrics', at, samples: parseMetrics(lines.join('\n')) };
    };
    // Looking for each procedure among all samples takes minutes, which the limit of a test does not allow.
    const large = viewOf([[read(1_000), read(2_000)]]);
    expect(large.procedures).toHaveLength(20_000);
    expect(large.procedures[19_999]).toMatchObject({ procedure: 'p19999', calls: 1_000 });
  });

  it('is sorted by the column that was chosen', () => {
    const rowsBy = (sortBy: string) =>
      drawTop(view, { ...state, sortBy }, { columns: 120, rows: 50 })
        .filter(({ text }) => /^(login|save)/.test(text))
        .map(({ text }) => text.split(' ')[0]);
    expect(rowsBy('CALLS/S')).toEqual(['save', 'login']);
    expect(rowsBy('ERR/S')).toEqual(['login', 'save']);
    expect(sortTitles).toContain('P99 MS');
  });

  it('fits into every size of window', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 200 }),
        fc.integer({ min: 2, max: 30 }),
        (columns, rows) => {
          const lines = drawTop(view, state, { columns, rows });
          expect(lines.length).toBeLessThanOrEqual(rows);
          expect(Math.max(...lines.map(({ text }) => text.length))).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });

  it.each([
    [0, '0'],
    [0.25, '0.3'],
    [12, '12'],
    [123.4, '123'],
    [12_345, '12k'],
    [1_250_000, '1.3M'],
    [undefined, '-'],
  ])('writes %s as %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });
});

describe('asyngular top', () => {
  async function startMetered() {
    const server = listen(0, {
      authKey: 'a key',
      metrics: { port: 0 },
      channels: { 'room:*': {} },
    });
    server.handle('echo', (data: unknown) => data);
    await nextEvent(server.httpServer!, 'listening');
    await until('the metrics', () => server.metricsPort !== undefined);
    onCleanup(async () => {
      await server.close();
      server.httpServer!.close();
    });
    return { server, url: `http://127.0.0.1:${server.metricsPort}/metrics` };
  }

  it('--once --json says what the server did in an interval', async () => {
    const { server, url } = await startMetered();
    const client = new RawClient(`ws://127.0.0.1:${server.port}/asyngular/`);
    onCleanup(() => client.terminate());
    await client.handshake();
    const terminal = new FakeTerminal();
    const code = terminal.run('top', url, '--once', '--json', '-i', '0.3');
    const calling = setInterval(() => void client.request('echo', 1), 10);
    expect(await code).toBe(exitCodes.done);
    clearInterval(calling);
    const { servers, procedures } = JSON.parse(terminal.output);
    expect(servers).toMatchObject([{ clients: 1, isReady: true, isBrokerUp: true }]);
    const echo = procedures.find(({ procedure }: { procedure: string }) => procedure === 'echo');
    expect(echo.calls).toBeGreaterThan(1);
    expect(echo.errors).toBe(0);
    expect(echo.p99).toBeGreaterThan(0);
  });

  it('draws on the second screen, reads keys, and gives the first one back', async () => {
    const { url } = await startMetered();
    const terminal = new FakeTerminal();
    terminal.isInteractive = true;
    terminal.size = { columns: 200, rows: 20 };
    let press = (_key: string) => {};
    terminal.keys = (async function* () {
      for (;;)
        yield await new Promise<string>((resolve) => {
          press = resolve;
        });
    })();
    const code = terminal.run('top', url, '-i', '0.05');
    await terminal.printed('by CALLS/S');
    press('>');
    await terminal.printed('by ERR/S');
    press('q');
    expect(await code).toBe(exitCodes.done);
    expect(terminal.output.startsWith('\u001b[?1049h')).toBe(true);
    expect(terminal.output.endsWith('\u001b[?1049l')).toBe(true);
    expect(terminal.output).toMatch(/SERVER .*CLIENTS/);
  });

  it('goes on, and says so, when a server is away', async () => {
    const { server, url } = await startMetered();
    const other = await startMetered();
    const terminal = new FakeTerminal();
    const code = terminal.run('top', url, other.url, '-i', '0.05');
    await terminal.printed('SERVER');
    await server.close();
    await terminal.printed('cannot be read');
    expect(terminal.output).toContain(new URL(other.url).host);
    terminal.interrupt();
    expect(await code).toBe(exitCodes.done);
  });

  it('says what is wrong with an address, and with a column', async () => {
    const terminal = new FakeTerminal();
    const code = await terminal.run('top', 'http://127.0.0.1:1/metrics');
    expect(code).toBe(exitCodes.noConnection);
    expect(terminal.errors).toMatch(/cannot be read .*metrics: \{ port \}/);
    expect(await terminal.run('top', '--sort', 'size')).toBe(exitCodes.usage);
    expect(terminal.errors).toMatch(/no column 'size'; --sort takes CLIENTS, /);
  });
});
