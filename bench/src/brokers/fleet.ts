import type { Child } from '../control/child.js';
import type { Usage } from '../control/meter.js';
import { withChildren } from '../control/with-children.js';
import type { DialectName } from '../load/dialects.js';
import type { FleetLoad } from './load.js';
import { Service } from './service.js';

/** Who publishes how much to whom. */
export type Shape = Omit<FleetLoad, 'dialect' | 'ports' | 'history'> & { readonly name: string };

/** Whose servers they are. */
export interface Product {
  readonly label: string;
  readonly server: string;
  readonly dialect: DialectName;
}

/** Servers and the broker between them. */
export interface Fleet {
  /** Default: ours. */
  readonly product?: Product;
  readonly broker: string;
  readonly servers: number;
  /** Whether the channels have a log. */
  readonly history: boolean;
}

/** What a fleet did, and what that took. */
export interface Measurement {
  /** CPU time of all servers per publication and per delivery, and of the broker per publication, in µs. */
  readonly serverMicros: number;
  readonly deliveryMicros: number;
  readonly brokerMicros: number;
  /** Publications that every subscriber got in time. */
  readonly perSecond: number;
  readonly deliveriesPerSecond: number;
  /** Shares of a core: servers, broker, generator. */
  readonly busy: string;
}

/** What the load generator says of a run. */
export interface Outcome {
  readonly published: number;
  readonly deliveries: number;
  readonly inTime: number;
  readonly wallMs: number;
  readonly cpuMicros: number;
}

const ours: Product = { label: '', server: 'asyngular-fleet', dialect: 'asyngular' };

/** Starts a fleet, measures it once after a warm-up, and ends it. */
export async function measureFleet(
  shape: Shape,
  fleet: Fleet,
  seconds: number,
): Promise<Measurement> {
  const { broker: kind, servers: count, history, product = ours } = fleet;
  const service = kind === 'memory' ? undefined : await Service.start(kind);
  try {
    return await withChildren(async (start) => {
      const servers: Child[] = [];
      for (let index = 0; index < count; index++) {
        const args = [product.server, kind, `${service?.address}`, history ? 'history' : 'plain'];
        servers.push(await start('servers/main.js', args, {}));
      }
      const load = await start('brokers/load.js', [], {});
      const ports = await Promise.all(servers.map((server) => server.call<number>('port')));
      await load.call('prepare', { ...shape, dialect: product.dialect, ports, history });
      await load.call('run', { durationMs: 500 + seconds * 150 });
      await Promise.all(servers.map((server) => server.call('start')));
      const before = service?.cpuMicros() ?? 0;
      const outcome = await load.call<Outcome>('run', { durationMs: seconds * 1000 });
      const brokerMicros = (service?.cpuMicros() ?? 0) - before;
      const usages = await Promise.all(
        servers.map((server) => server.call<Usage & { received: number }>('stop')),
      );
      if (usages.some(({ received }) => received > 0))
        throw new Error('Messages were interrupted.');
      const serverMicros = usages.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0);
      return measurementOf(outcome, shape, serverMicros, brokerMicros);
    });
  } finally {
    await service?.stop();
  }
}

/** Puts together what the load and the processes under it say. */
export function measurementOf(
  { published, deliveries, inTime, wallMs, cpuMicros }: Outcome,
  { subscribers }: Shape,
  serverMicros: number,
  brokerMicros: number,
): Measurement {
  const busy = (micros: number) => `${Math.round(micros / wallMs / 10)} %`;
  const deliveriesPerSecond = Math.round((inTime / wallMs) * 1000);
  return {
    serverMicros: serverMicros / published,
    deliveryMicros: serverMicros / deliveries,
    brokerMicros: brokerMicros / published,
    perSecond: Math.round(deliveriesPerSecond / subscribers),
    deliveriesPerSecond,
    busy: [serverMicros, brokerMicros, cpuMicros].map(busy).join(', '),
  };
}
