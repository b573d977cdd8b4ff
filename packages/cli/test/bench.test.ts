import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { listenOn, portOf } from '@asyngular/test-utils/ports';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../src/index.js';
import { type Fate, startMessageProxy } from './support/message-proxy.js';
import { startServer } from './support/server.js';
import { FakeTerminal } from './support/terminal.js';

/** Small loads, made by the test's own process. */
const small = ['--processes', '0', '--connect-rate', '2000', '--patience', '500'];

/** Runs a scenario and reads its outcome. */
async function bench(url: string, ...args: string[]) {
  const terminal = new FakeTerminal();
  const code = await terminal.run('bench', ...args, '-u', url, ...small, '--json');
  return { code, terminal, outcome: JSON.parse(terminal.output || 'null') };
}

/** The number of a publication on its line, or undefined for another message. */
function numberIn(text: string): number | undefined {
  const [, number] = /^\{"event":"#publish".*"n":(\d+)/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}

describe('asyngular bench fan-out', () => {
  it('expects every publication once at every subscriber', async () => {
    const { url } = await startServer();
    const { code, outcome } = await bench(
      url,
      ...['fan-out', '-c', '5', '--publishers', '2', '-r', '200', '-d', '0.5', '--max-loss', '0'],
    );
    expect(outcome.messages).toEqual({
      sent: 100,
      unsent: 0,
      expected: 500,
      received: 500,
      lost: 0,
      duplicate: 0,
      outOfOrder: 0,
      foreign: 0,
    });
    expect(outcome.connections).toMatchObject({ wanted: 7, opened: 7, failed: {} });
    expect(outcome.latency.count).toBe(500);
    expect(outcome.limits).toEqual([{ name: 'maxLoss', limit: 0, value: 0, isKept: true }]);
    expect([exitCodes.done, exitCodes.saturated]).toContain(code);
  });

  it('says exactly what a proxy drops, doubles and delays', async () => {
    const { url } = await startServer();
    // Of the 40 publications that each of 3 subscribers gets: 4 dropped, 5 doubled, 2 after the one behind them.
    const fates: Record<number, Fate> = { 12: 'delay', 30: 'delay' };
    for (const number of [3, 4, 17, 39]) fates[number] = 'drop';
    for (const number of [0, 5, 6, 20, 38]) fates[number] = 'double';
    const proxy = await startMessageProxy(url, (text) => fates[numberIn(text) ?? -1] ?? 'pass');
    const { code, outcome, terminal } = await bench(
      proxy,
      ...['fan-out', '-c', '3', '-r', '100', '-d', '0.4', '--max-loss', '0'],
    );
    expect(outcome.messages).toMatchObject({
      sent: 40,
      expected: 120,
      received: 120 - 3 * 4,
      lost: 3 * 4,
      duplicate: 3 * 5,
      outOfOrder: 3 * 2,
    });
    expect([exitCodes.limitMissed, exitCodes.saturated]).toContain(code);
    expect(terminal.errors).toMatch(/Not kept: --max-loss 0: 10, missed|saturated/);
  });

  it('does not blame the others for the subscriber that loses everything', async () => {
    const { url } = await startServer();
    const proxy = await startMessageProxy(url, (text, connection) =>
      connection === 1 && numberIn(text) !== undefined ? 'drop' : 'pass',
    );
    const { outcome } = await bench(proxy, 'fan-out', '-c', '4', '-r', '50', '-d', '0.2');
    expect(outcome.messages).toMatchObject({ sent: 10, expected: 40, received: 30, lost: 10 });
  });
});

describe('asyngular bench channels', () => {
  it('accounts for each channel and publisher', async () => {
    const { url } = await startServer();
    const { outcome } = await bench(
      url,
      ...['channels', '-c', '12', '--channels', '6', '--subscriptions', '2', '--publishers', '3'],
      ...['-r', '240', '-d', '0.5'],
    );
    // 120 publications on 6 channels of 4 subscribers.
    expect(outcome.messages).toMatchObject({ sent: 120, expected: 480, received: 480, lost: 0 });
  });
});

describe('asyngular bench', () => {
  it.each([
    ['fan-out', ['-c', '1000', '-r', '1000', '-d', '1001']],
    [
      'channels',
      ['-c', '1000', '--channels', '2', '--subscriptions', '2', '-r', '1001', '-d', '1000'],
    ],
    ['calls', ['-r', '1000000', '-d', '1001']],
  ])('refuses a %s that has more to keep account of than fits into memory', async (name, args) => {
    const terminal = new FakeTerminal();
    expect(await terminal.run('bench', name, ...args)).toBe(exitCodes.usage);
    expect(terminal.errors).toMatch(/would have 100100\d{4} deliveries to keep account of/);
  });

  it('does not begin what it could not report', async () => {
    const { code, terminal } = await bench(
      '127.0.0.1:1',
      'connect',
      '--report',
      '/none/report.html',
    );
    expect(code).toBe(exitCodes.failed);
    expect(terminal.errors).toMatch(
      /cannot be written to '\/none\/report\.html' .*another --report/,
    );
  });

  it('tells a refused token from a server that is away', async () => {
    const { url } = await startServer();
    const { code, terminal } = await bench(url, 'connect', '-c', '2', '--token', 'a.b.c');
    expect(code).toBe(exitCodes.refused);
    expect(terminal.errors).toMatch(/the token was not accepted \(.*\); 'asyngular check-token'/);
  });

  it('keeps the query of the address to itself', async () => {
    const { server, url } = await startServer();
    const connected = within('the connection', server.listener('connection').once());
    const { outcome } = await bench(`${url}?key=secret`, 'connect', '-c', '1', '-d', '0.1');
    expect((await connected).socket.request.url).toBe('/asyngular/?key=secret');
    expect(outcome.plan.url).toBe(url);
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });

  it('sends headers, and refuses those that no request can have', async () => {
    const { server, url } = await startServer();
    const connected = within('the connection', server.listener('connection').once());
    await bench(url, 'connect', '-c', '1', '-d', '0.1', '--header', 'X-Tenant: blue');
    expect((await connected).socket.request.headers['x-tenant']).toBe('blue');
    const { code, terminal } = await bench(url, 'connect', '--header', 'a: b\u0000');
    expect(code).toBe(exitCodes.usage);
    expect(terminal.errors).toMatch(/--header .*Invalid character in header content \["a"\]\./);
  });
});

describe('asyngular bench calls', () => {
  it('counts answers, and errors by their names', async () => {
    const { server, url } = await startServer();
    server.handle('echo', (data: { n: number }) => {
      if (data.n % 10 === 0) throw Object.assign(new Error('full'), { name: 'FullError' });
      return data;
    });
    const { outcome } = await bench(url, 'calls', '-c', '4', '-r', '100', '-d', '0.5');
    expect(outcome.messages).toMatchObject({ sent: 50, expected: 50, received: 50, lost: 0 });
    const errors = Object.values<number>(outcome.errors).reduce((a, b) => a + b, 0);
    expect(errors).toBe(5);
  });

  it('misses answers that never come, and counts those that come twice', async () => {
    const { server, url } = await startServer();
    server.handle('echo', (data: unknown) => data);
    let answers = 0;
    const proxy = await startMessageProxy(url, (text) => {
      if (!/"rid":\d+,"data":\{"r"/.test(text)) return 'pass';
      answers += 1;
      return ({ 3: 'drop', 5: 'double', 8: 'drop' } as const)[answers] ?? 'pass';
    });
    const { outcome } = await bench(proxy, 'calls', '-c', '2', '-r', '50', '-d', '0.2');
    expect(outcome.messages).toMatchObject({ sent: 10, received: 8, lost: 2, duplicate: 1 });
  });

  it('measures from the time a call was due, also when the server was busy', async () => {
    const { server, url } = await startServer();
    let calls = 0;
    server.handle('echo', async (data: unknown) => {
      calls += 1;
      // The server's event loop stands still once: all calls that are due meanwhile wait for it.
      if (calls === 3) {
        const end = performance.now() + 150;
        while (performance.now() < end);
      }
      return data;
    });
    const { outcome } = await bench(url, 'calls', '-c', '2', '-r', '100', '-d', '0.4');
    // A closed loop would have one slow call; here some fifteen were due while nothing moved.
    expect(outcome.latency.max).toBeGreaterThan(140);
    expect(outcome.latency.p95).toBeGreaterThan(70);
  });
});

describe('asyngular bench connect', () => {
  it('says how fast clients connect', async () => {
    const { url } = await startServer();
    const { outcome } = await bench(url, 'connect', '-c', '20', '-d', '0.1');
    expect(outcome.connections).toMatchObject({ wanted: 20, opened: 20, failed: {} });
    expect(outcome.connections.handshake.count).toBe(20);
    expect(outcome.connections.perSecond).toBeGreaterThan(1);
  });

  it('counts those that fail by their reasons', async () => {
    const { url } = await startServer({ maxClients: 3 });
    const { outcome, code } = await bench(
      url,
      'connect',
      '-c',
      '5',
      '-d',
      '0.1',
      '--max-failed',
      '0',
    );
    expect(outcome.connections).toMatchObject({ opened: 3 });
    expect(Object.values(outcome.connections.failed)).toEqual([2]);
    expect([exitCodes.limitMissed, exitCodes.saturated]).toContain(code);
  });

  it('ends with an exit code of its own when nobody can connect', async () => {
    const { code, terminal } = await bench('ws://127.0.0.1:1/', 'connect', '-c', '3');
    expect(code).toBe(exitCodes.noConnection);
    expect(terminal.errors).toMatch(/None of the clients could connect .*ECONNREFUSED/);
  });

  it('counts connections that the server ends, by code', async () => {
    const { server, url } = await startServer();
    void (async () => {
      for await (const { socket } of server.listener('connection')) {
        setTimeout(() => socket.disconnect(4100), 50);
      }
    })();
    const { outcome } = await bench(url, 'connect', '-c', '3', '-d', '0.2');
    expect(outcome.closes).toEqual({ 4100: 3 });
  });
});

describe('an outcome', () => {
  it('is a page with plots, and text that people read', async () => {
    const { url } = await startServer();
    const folder = mkdtempSync(join(tmpdir(), 'asyngular-report-'));
    onCleanup(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'report.html');
    const terminal = new FakeTerminal();
    terminal.showsProgress = true;
    await terminal.run(
      ...['bench', 'fan-out', '-c', '2', '-r', '20', '-d', '0.5', '-u', url],
      ...[...small, '--report', file, '--server-pid', String(process.pid)],
    );
    expect(terminal.output).toMatch(/^messages +10 sent .*20 of 20 received/m);
    expect(terminal.output).toMatch(/^faults +0 lost, 0 duplicate, 0 out of order$/m);
    expect(terminal.output).toMatch(/^server +\d.* ms of CPU time, .* µs for each received$/m);
    expect(terminal.errors).toMatch(/measuring: .* sent, .*settling: .* 10 sent, 20 received/s);
    const page = readFileSync(file, 'utf8');
    const [, json = ''] = /<script id="report"[^>]*>(.*)<\/script>/.exec(page) ?? [];
    expect(JSON.parse(json).messages.received).toBe(20);
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)=/);
  });

  it('has what the counters of the server have gained', async () => {
    const { url } = await startServer();
    let scrapes = 0;
    const metrics = createServer((_request, response) => {
      scrapes += 1;
      response.end(
        `# TYPE asyngular_a counter\nasyngular_a_total{x="1"} ${scrapes * 5}\nasyngular_a_total{x="2"} 1\nasyngular_clients 3\n${
          // What has not been counted yet is not there.
          scrapes > 1 ? 'asyngular_b_total 7\n' : ''
        }# EOF\n`,
      );
    });
    await listenOn(metrics);
    onCleanup(() => metrics.close());
    const { outcome } = await bench(
      url,
      ...['fan-out', '-c', '1', '-r', '20', '-d', '0.1'],
      ...['--metrics', `http://127.0.0.1:${portOf(metrics)}/metrics`],
    );
    expect(outcome.server).toEqual({ asyngular_a_total: 5, asyngular_b_total: 7 });
  });

  it('ends early when interrupted', async () => {
    const { url } = await startServer();
    const terminal = new FakeTerminal();
    const code = terminal.run('bench', 'fan-out', '-u', url, '-d', '60', ...small);
    terminal.interrupt();
    expect(await code).toBe(exitCodes.interrupted);
  });
});
