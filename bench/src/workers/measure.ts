import { type Measurement, measurementOf, type Outcome, type Shape } from '../brokers/fleet.js';
import { withChildren } from '../control/with-children.js';

/** Measures a server in so many workers once, after a warm-up. What the broker costs is the primary's CPU time. */
export function measureWorkers(
  shape: Shape,
  workers: number,
  history: boolean,
  seconds: number,
): Promise<Measurement> {
  return withChildren(async (start) => {
    const args = [String(workers), history ? 'history' : 'plain'];
    const primary = await start('workers/primary.js', args, {});
    const load = await start('brokers/load.js', [], {});
    const ports = [await primary.call<number>('port')];
    await load.call('prepare', { ...shape, dialect: 'asyngular', ports, history });
    await load.call('run', { durationMs: 500 + seconds * 150 });
    await primary.call('start');
    const outcome = await load.call<Outcome>('run', { durationMs: seconds * 1000 });
    const { serverMicros, brokerMicros } = await primary.call<{
      serverMicros: number;
      brokerMicros: number;
    }>('stop');
    return measurementOf(outcome, shape, serverMicros, brokerMicros);
  });
}
