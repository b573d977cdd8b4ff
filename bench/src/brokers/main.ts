// npm run bench:brokers [seconds] [broker]: what a broker costs, and what a second server process brings.
import { Child } from '../control/child.js';
import type { Usage } from '../control/meter.js';
import type { DialectName } from '../load/dialects.js';
import { installedVersion } from '../peers.js';
import type { FleetLoad } from './load.js';
import { Service } from './service.js';

type Shape = Omit<FleetLoad, 'dialect' | 'ports' | 'history'> & { name: string };

interface Product {
  readonly label?: string;
  readonly server: string;
  readonly dialect: DialectName;
}

interface Fleet {
  /** Default: ours. */
  readonly product?: Product;
  readonly broker: string;
  readonly servers: number;
  /** Whether the channels have a log. */
  readonly history?: true;
}

const shapes: Shape[] = [
  { name: '1 subscriber per channel', channels: 50, subscribers: 1, inFlight: 4 },
  { name: '10 subscribers per channel', channels: 50, subscribers: 10, inFlight: 4 },
  { name: '200 subscribers per channel', channels: 4, subscribers: 200, inFlight: 8 },
];
const ours: Product = { server: 'asyngular-fleet', dialect: 'asyngular' };
/** With Redis by its adapter on Redis Streams, whose log it always writes; with history by its recovery. */
const socketIo: Product = { label: 'Socket.IO, ', server: 'socket-io-fleet', dialect: 'socket.io' };
const hasSocketIo = installedVersion('@socket.io/redis-streams-adapter', 'peers') !== undefined;

const fleets: Fleet[] = [
  { broker: 'memory', servers: 1 },
  { broker: 'memory', servers: 1, history: true },
  { broker: 'nats', servers: 1 },
  { broker: 'nats', servers: 1, history: true },
  { broker: 'nats', servers: 2 },
  { broker: 'nats', servers: 2, history: true },
  { broker: 'redis', servers: 1 },
  { broker: 'redis', servers: 1, history: true },
  { broker: 'redis', servers: 2 },
  { broker: 'redis', servers: 2, history: true },
  ...(hasSocketIo
    ? [
        { product: socketIo, broker: 'redis', servers: 1, history: true as const },
        { product: socketIo, broker: 'redis', servers: 2, history: true as const },
      ]
    : []),
];

interface Outcome {
  published: number;
  deliveries: number;
  inTime: number;
  wallMs: number;
  cpuMicros: number;
}

const seconds = Number(process.argv[2] ?? 3);
/** Only fleets whose broker begins like this. */
const wanted = process.argv[3] ?? '';

async function measure(shape: Shape, fleet: Fleet): Promise<string> {
  const { broker: kind, servers: count, history = false, product = ours } = fleet;
  const service = kind === 'memory' ? undefined : await Service.start(kind);
  const children: Child[] = [];
  const start = async (script: string, args: string[]) => {
    const child = await Child.start(script, args, {});
    children.push(child);
    return child;
  };
  try {
    const servers: Child[] = [];
    for (let index = 0; index < count; index++) {
      const args = [product.server, kind, `${service?.port}`, history ? 'history' : 'plain'];
      servers.push(await start('servers/main.js', args));
    }
    const load = await start('brokers/load.js', []);
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
    if (usages.some(({ received }) => received > 0)) throw new Error('Messages were interrupted.');
    const serverMicros = usages.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0);
    const { published, deliveries, inTime, wallMs, cpuMicros } = outcome;
    const busy = (micros: number) => `${Math.round(micros / wallMs / 10)} %`;
    const perSecond = Math.round((inTime / wallMs) * 1000);
    return [
      `${product.label ?? ''}${kind}${history ? ' with history' : ''}`,
      count,
      Math.round(perSecond / shape.subscribers).toLocaleString('en'),
      perSecond.toLocaleString('en'),
      (serverMicros / published).toFixed(1),
      (serverMicros / deliveries).toFixed(2),
      (brokerMicros / published).toFixed(1),
      // What this many servers could do if nothing else wanted their cores.
      Math.round((count * 1e6 * deliveries) / serverMicros).toLocaleString('en'),
      `${busy(serverMicros)}, ${busy(brokerMicros)}, ${busy(cpuMicros)}`,
    ].join(' | ');
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await service?.stop();
  }
}

for (const shape of shapes) {
  console.log(`\n${shape.name} (${shape.channels} channels, ${shape.inFlight} in flight each)\n`);
  console.log(
    '| broker | servers | publications/s | deliveries/s | server µs/publication | server µs/delivery | broker µs/publication | deliveries/s, a core per server | busy: servers, broker, generator |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --: | --: | --- |');
  for (const fleet of fleets.filter(({ broker }) => broker.startsWith(wanted))) {
    try {
      console.log(`| ${await measure(shape, fleet)} |`);
    } catch (error) {
      console.log(`| ${fleet.broker} | ${fleet.servers} | ${(error as Error).message} |`);
      process.exitCode = 1;
    }
  }
}
