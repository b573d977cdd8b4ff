import type { MetricFamily } from '@asyngular/server';
import { parseOpenMetrics, sampleValue } from '@asyngular/test-utils/openmetrics';
import { freePort } from '@asyngular/test-utils/ports';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { FleetMetrics } from '../src/primary/fleet-metrics.js';
import { buildPrograms, connectToBoth, Primary, serverProgram } from './support/workers.js';

buildPrograms();

it('one scrape shows all workers, summed, on the port that their file names', async () => {
  const port = await freePort();
  const primary = await new Primary(serverProgram(), {
    env: { METRICS_PORT: String(port) },
  }).running();
  const clients = await connectToBoth(primary.port);
  for (const client of clients) await client.invoke('whoAmI');
  const scrape = async () =>
    parseOpenMetrics(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
  // Twice the same, whatever worker the kernel would have chosen.
  for (let n = 0; n < 2; n++) {
    const families = await scrape();
    expect(sampleValue(families, 'asyngular_clients')).toBe(clients.length);
    const calls = { procedure: 'whoAmI', outcome: 'ok' };
    expect(sampleValue(families, 'asyngular_calls_total', calls)).toBe(clients.length);
  }
  await clients[0]!.invoke('fail').catch(() => {});
  await until('the end of a worker', () =>
    primary.events.some(({ event }) => event === 'workerExit'),
  );
  const calls = { procedure: 'whoAmI', outcome: 'ok' };
  expect(sampleValue(await scrape(), 'asyngular_calls_total', calls)).toBe(clients.length);
});

it('what is counted never falls, whoever is silent or has ended', async () => {
  const counted = (value: number): MetricFamily[] => [
    { name: 'calls', type: 'counter', help: '', points: [{ labels: {}, value }] },
    { name: 'clients', type: 'gauge', merge: 'add', help: '', points: [{ labels: {}, value }] },
  ];
  let answers = new Map<number, unknown>();
  let workers: number[] = [];
  const metrics = new FleetMetrics({
    ask: () => Promise.resolve({ answers, failures: new Map(), silent: [] }),
    workers: () => workers,
    warn: (warning) => expect.unreachable(String(warning)),
  });
  const collect = async (living: number[], said: [number, number][]) => {
    workers = living;
    answers = new Map(said.map(([id, value]) => [id, counted(value)]));
    const parsed = parseOpenMetrics(await metrics.collect());
    const of = (name: string) =>
      parsed.has(name.replace('_total', '')) ? sampleValue(parsed, name) : 0;
    return [of('calls_total'), of('clients')];
  };
  expect(
    await collect(
      [1, 2],
      [
        [1, 10],
        [2, 5],
      ],
    ),
  ).toEqual([15, 15]);
  expect(await collect([1, 2], [[1, 12]])).toEqual([17, 17]);
  expect(
    await collect(
      [1, 3],
      [
        [1, 13],
        [3, 1],
      ],
    ),
  ).toEqual([19, 14]);
  expect(await collect([3], [[3, 2]])).toEqual([20, 2]);
});
