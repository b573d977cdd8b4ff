// npm run bench:brokers [seconds] [broker] [--rate n] [--rounds n] [--shape text]: what a broker and a log cost, and
// what a second server process brings.
import { parseArgs } from 'node:util';
import { installedVersion } from '../peers.js';
import { type Fleet, type Measurement, measureFleet, type Product, type Shape } from './fleet.js';
import { shapes } from './shapes.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '1' },
    shape: { type: 'string', default: '' },
  },
});
const seconds = Number(positionals[0] ?? 3);
/** Only fleets whose broker begins like this. */
const wanted = positionals[1] ?? '';

/** With Redis by its adapter on Redis Streams, whose log it always writes; with history by its recovery. */
const socketIo: Product = { label: 'Socket.IO, ', server: 'socket-io-fleet', dialect: 'socket.io' };
const hasSocketIo = installedVersion('@socket.io/redis-streams-adapter', 'peers') !== undefined;

/** Without a log before with one: the second is compared with the first. */
const fleets: Fleet[] = [
  { broker: 'memory', servers: 1, history: false },
  { broker: 'memory', servers: 1, history: true },
  { broker: 'local', servers: 1, history: false },
  { broker: 'local', servers: 1, history: true },
  { broker: 'local', servers: 2, history: false },
  { broker: 'local', servers: 2, history: true },
  { broker: 'nats', servers: 1, history: false },
  { broker: 'nats', servers: 1, history: true },
  { broker: 'nats', servers: 2, history: false },
  { broker: 'nats', servers: 2, history: true },
  { broker: 'redis', servers: 1, history: false },
  { broker: 'redis', servers: 1, history: true },
  { broker: 'redis', servers: 2, history: false },
  { broker: 'redis', servers: 2, history: true },
  ...(hasSocketIo
    ? [
        { product: socketIo, broker: 'redis', servers: 1, history: true },
        { product: socketIo, broker: 'redis', servers: 2, history: true },
      ]
    : []),
];

async function measureOften(shape: Shape, chosen: readonly Fleet[]): Promise<Measurement[][]> {
  const all: Measurement[][] = chosen.map(() => []);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [index, fleet] of chosen.entries()) {
      try {
        all[index]!.push(await measureFleet(shape, fleet, seconds));
      } catch (error) {
        console.log(`${fleet.broker}, ${fleet.servers}: ${(error as Error).message}`);
        process.exitCode = 1;
      }
    }
  }
  return all;
}

/** The middle one, by what a publication costs the servers. */
function medianOf(measurements: readonly Measurement[]): Measurement | undefined {
  const byCost = [...measurements].sort((a, b) => a.serverMicros - b.serverMicros);
  return byCost[Math.floor(byCost.length / 2)];
}

/** What the log makes of the cost, and between which values the rounds were. */
function ratioOf(logged: readonly Measurement[], plain: readonly Measurement[]): string {
  const ratios = logged.flatMap(({ serverMicros }, round) => {
    const other = plain[round];
    return other ? [serverMicros / other.serverMicros] : [];
  });
  if (ratios.length === 0) return '';
  const [first, ...rest] = ratios.sort((a, b) => a - b).map((ratio) => ratio.toFixed(2));
  const middle = ratios[Math.floor(ratios.length / 2)]!.toFixed(2);
  return rest.length > 0 ? `${middle} (${first} to ${rest.at(-1)})` : middle;
}

function report(fleet: Fleet, measured: readonly Measurement[], ratio: string): void {
  const median = medianOf(measured);
  if (!median) return;
  const { broker, servers, history, product } = fleet;
  const { perSecond, deliveriesPerSecond, serverMicros, deliveryMicros, brokerMicros } = median;
  const cells = [
    `${product?.label ?? ''}${broker}${history ? ' with history' : ''}`,
    servers,
    perSecond.toLocaleString('en'),
    deliveriesPerSecond.toLocaleString('en'),
    serverMicros.toFixed(1),
    ratio,
    deliveryMicros.toFixed(2),
    brokerMicros.toFixed(1),
    // What this many servers could do if nothing else wanted their cores.
    Math.round((servers * 1e6) / deliveryMicros).toLocaleString('en'),
    median.busy,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

for (const shape of shapes(Number(values.rate)).filter(({ name }) =>
  name.startsWith(values.shape),
)) {
  const pace = shape.rate > 0 ? `${shape.rate} a second` : `${shape.inFlight} in flight each`;
  console.log(`\n${shape.name} (${shape.channels} channels, ${pace})\n`);
  console.log(
    '| broker | servers | publications/s | deliveries/s | server µs/publication | with ÷ without history | server µs/delivery | broker µs/publication | deliveries/s, a core per server | busy: servers, broker, generator |',
  );
  console.log('| --- | --: | --: | --: | --: | --: | --: | --: | --: | --- |');
  const chosen = fleets.filter(({ broker }) => broker.startsWith(wanted));
  const all = await measureOften(shape, chosen);
  for (const [index, fleet] of chosen.entries()) {
    const isCompared = fleet.history && !fleet.product;
    report(fleet, all[index]!, isCompared ? ratioOf(all[index]!, all[index - 1]!) : '');
  }
}
