import { loadavg } from 'node:os';
import { type Measurement, measureFleet, type Shape } from '../brokers/fleet.js';
import { shapes } from '../brokers/shapes.js';
import { takeSample } from '../measure/sample.js';
import { describeEnvironment } from '../report/environment.js';
import type { LoadScenario } from '../scenarios.js';
import { subjects } from '../subjects.js';
import { measureWorkers } from '../workers/measure.js';
import type { FleetFigure, Point, SizingResults } from './results.js';

/** Publications a second with which servers are compared by their number. */
const QUIET_RATE = 500;

const ours = subjects.filter(({ id }) => id === 'asyngular');

const fleets = [
  { broker: 'memory', servers: 1 },
  { broker: 'workers', servers: 1 },
  { broker: 'workers', servers: 2 },
  { broker: 'local', servers: 2 },
  { broker: 'nats', servers: 1 },
  { broker: 'nats', servers: 2 },
  { broker: 'redis', servers: 1 },
  { broker: 'redis', servers: 2 },
];

/** Measures everything. `say` gets a line of what is measured now. */
export async function measureAll(
  seconds: number,
  say: (line: string) => void,
): Promise<SizingResults> {
  const environment = describeEnvironment(ours, { seconds, rounds: 1 });
  const [loadBefore = 0] = loadavg();
  const subscribers = await curve('subscribers of a channel', [1, 10, 100, 1_000], say, (size) =>
    costOf({
      load: 'fan-out',
      params: { connections: size, inFlight: Math.max(1, Math.round(64 / size)) },
      seconds,
    }),
  );
  const channels = await curve('channels', [100, 1_000, 8_000], say, (size) =>
    costOf({
      load: 'many-channels',
      params: { connections: 500, channels: size, subscribersPerChannel: 5, inFlight: 16 },
      seconds,
    }),
  );
  const connections = await curve('connections', [1_000, 2_000, 4_000, 8_000], say, (size) =>
    costOf({
      load: 'idle',
      params: { connections: size, before: 500 },
      measures: 'memory',
      seconds,
    }),
  );
  return {
    environment,
    loadBefore,
    subscribers,
    channels,
    connections,
    servers: await measureByServers(seconds, say),
    fleets: await measureFleets(seconds, say),
  };
}

/** Says what is measured. One that fails is missed in the results, and does not cost the others. */
async function attempt<Result>(
  name: string,
  say: (line: string) => void,
  measure: () => Promise<Result>,
): Promise<Result | undefined> {
  say(name);
  try {
    return await measure();
  } catch (error) {
    say(`${name} failed: ${(error as Error).message}`);
    process.exitCode = 1;
    return undefined;
  }
}

async function curve(
  what: string,
  sizes: readonly number[],
  say: (line: string) => void,
  measure: (size: number) => Promise<number>,
): Promise<Point[]> {
  const points: Point[] = [];
  for (const size of sizes) {
    const name = `${size.toLocaleString('en')} ${what}`;
    const value = await attempt(name, say, () => measure(size));
    if (value !== undefined) points.push({ size, value });
  }
  return points;
}

interface Cost extends Pick<LoadScenario, 'load' | 'params'> {
  readonly measures?: LoadScenario['measures'];
  readonly seconds: number;
}

/** The cost of a unit of work in one server process. */
async function costOf({ load, params, measures = 'cpu', seconds }: Cost): Promise<number> {
  const scenario: LoadScenario = {
    id: load,
    title: load,
    unit: '',
    kind: 'load',
    load,
    params,
    measures,
    warmUp: measures === 'cpu',
    baseline: 'asyngular',
    goals: [],
  };
  const { value } = await takeSample(scenario, ours[0]!, { seconds });
  return value;
}

async function measureByServers(
  seconds: number,
  say: (line: string) => void,
): Promise<Record<string, Point[]>> {
  const [, groups] = shapes(QUIET_RATE) as [Shape, Shape, Shape];
  const byBroker: Record<string, Point[]> = {};
  for (const broker of ['local', 'nats', 'redis']) {
    byBroker[broker] = await curve(`servers on ${broker}`, [1, 2, 3, 4], say, async (servers) => {
      const measured = await measureFleet(groups, { broker, servers, history: false }, seconds);
      return measured.serverMicros + measured.brokerMicros;
    });
  }
  return byBroker;
}

async function measureFleets(seconds: number, say: (line: string) => void): Promise<FleetFigure[]> {
  const figures: FleetFigure[] = [];
  // Groups, and large rooms: one to one is what `bench:brokers` has besides.
  for (const shape of shapes(0).slice(1)) {
    for (const { broker, servers } of fleets) {
      for (const history of [false, true]) {
        const name = `${servers} × ${broker}${history ? ' with history' : ''}, ${shape.name}`;
        const measured = await attempt(name, say, () =>
          measureOne(shape, broker, servers, history, seconds),
        );
        if (!measured) continue;
        const { deliveriesPerSecond, deliveryMicros, brokerMicros, busy } = measured;
        figures.push({
          broker,
          servers,
          history,
          shape: shape.name,
          deliveriesPerSecond,
          deliveryMicros,
          brokerMicros,
          busy,
        });
      }
    }
  }
  return figures;
}

function measureOne(
  shape: Shape,
  broker: string,
  servers: number,
  history: boolean,
  seconds: number,
): Promise<Measurement> {
  if (broker === 'workers') return measureWorkers(shape, servers, history, seconds);
  return measureFleet(shape, { broker, servers, history }, seconds);
}
