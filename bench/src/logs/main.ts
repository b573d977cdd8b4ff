// What an append to the log of a channel costs, in memory and on a disk:
//
//   npm run bench:logs [-- --seconds 3]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Broker, type ChannelLog, memoryBroker } from '@asyngular/broker';
import { fileLog } from '@asyngular/log-file';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } });
const durationMs = Number(values.seconds) * 1_000;
const payload = JSON.stringify({
  event: '#publish',
  data: { channel: 'room', data: 'x'.repeat(80) },
});

interface Row {
  readonly log: string;
  readonly publishers: number;
  readonly 'appends/s': number;
  /** CPU time of this process, the threads that wait for the disk included. */
  readonly 'CPU µs each': string;
  readonly 'p50 ms': string;
  readonly 'p99 ms': string;
}

/** Publishers that each wait for their answer, on ten channels. */
async function measure(name: string, broker: Broker, publishers: number): Promise<Row> {
  await broker.start({
    onMessage() {},
    onEvent() {},
    onEntry() {},
    policyOf: () => ({ size: 1_000, ttlMs: 300_000, maxBytes: 1e7, idempotencyWindowMs: 120_000 }),
  });
  const log = broker.log as ChannelLog;
  for (let index = 0; index < 10; index++) await log.follow(`room ${index}`);
  await publish(log, publishers, durationMs / 4);

  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const latencies = await publish(log, publishers, durationMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await broker.close();

  latencies.sort();
  const quantile = (part: number) =>
    (latencies[Math.floor(latencies.length * part)] ?? 0).toFixed(3);
  return {
    log: name,
    publishers,
    'appends/s': Math.round(latencies.length / seconds),
    'CPU µs each': ((user + system) / latencies.length).toFixed(1),
    'p50 ms': quantile(0.5),
    'p99 ms': quantile(0.99),
  };
}

/** Publishes for a time; how long each append took, in ms. */
async function publish(log: ChannelLog, publishers: number, ms: number): Promise<Float64Array> {
  const latencies: number[] = [];
  const endAt = performance.now() + ms;
  let count = 0;
  await Promise.all(
    Array.from({ length: publishers }, async (_, index) => {
      for (let now = performance.now(); now < endAt; ) {
        await log.append(`room ${index % 10}`, payload, { id: `id ${++count}` });
        const done = performance.now();
        latencies.push(done - now);
        now = done;
      }
    }),
  );
  return Float64Array.from(latencies);
}

const rows: Row[] = [await measure('memory', memoryBroker(), 1)];
for (const publishers of [1, 32, 1_000]) {
  const directory = mkdtempSync(join(tmpdir(), 'asyngular-bench-log-'));
  const broker = memoryBroker({ log: fileLog({ directory }) });
  rows.push(await measure('file', broker, publishers));
  rmSync(directory, { recursive: true });
}
console.log(`Appends of ${payload.length} bytes with an id, ten channels of 1,000 publications:\n`);
console.table(rows);
