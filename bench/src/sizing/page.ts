import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatValue } from '../report/numbers.js';
import { drawPlot, type Plot } from './plot.js';
import type { FleetFigure, Point, SizingResults } from './results.js';

const docs = join(import.meta.dirname, '../../../docs');
const page = join(docs, 'sizing.md');

/** What servers are, in the words of the table. */
const names: Record<string, string> = {
  memory: 'one process',
  workers: '`asyngular start`',
  local: 'processes on a local broker',
  nats: 'NATS',
  redis: 'Redis',
};

function plots({
  subscribers,
  connections,
  channels,
  servers,
}: SizingResults): Record<string, Plot> {
  return {
    'sizing-subscribers': {
      title: 'CPU time per delivery falls as channels have more subscribers',
      xLabel: 'subscribers of a channel',
      yLabel: 'µs of server CPU per delivery',
      series: [{ name: 'delivery', points: subscribers }],
      isLogarithmic: true,
    },
    'sizing-channels': {
      title: 'CPU time per delivery with more channels',
      xLabel: 'channels',
      yLabel: 'µs of server CPU per delivery',
      series: [{ name: 'delivery', points: channels }],
      isLogarithmic: true,
    },
    'sizing-connections': {
      title: 'Memory of all idle connections together',
      xLabel: 'idle connections',
      yLabel: 'MiB of resident memory',
      series: [{ name: 'memory', points: connections.map(inMebibytes) }],
      isLogarithmic: false,
    },
    'sizing-servers': {
      title: 'CPU time per publication with more servers, for each broker',
      xLabel: 'servers',
      yLabel: 'µs of CPU per publication, all servers and the broker',
      series: Object.entries(servers).map(([name, points]) => ({ name, points })),
      isLogarithmic: false,
    },
  };
}

function inMebibytes({ size, value }: Point): Point {
  return { size, value: (size * value) / 1024 };
}

/** Draws the plots, and writes the figures of the page between its marks. */
export function writePage(results: SizingResults): void {
  for (const [name, plot] of Object.entries(plots(results))) {
    writeFileSync(join(docs, `${name}.svg`), drawPlot(plot));
  }
  const sections: Record<string, string> = {
    fleets: fleetTables(results.fleets),
    environment: describeMachine(results),
    subscribers: curveTable('subscribers', 'µs per delivery', results.subscribers),
    channels: curveTable('channels', 'µs per delivery', results.channels),
    connections: curveTable('connections', 'KiB per connection', results.connections),
    servers: serversTable(results.servers),
  };
  let text = readFileSync(page, 'utf8');
  for (const [name, content] of Object.entries(sections)) text = fill(text, name, content);
  writeFileSync(page, text);
}

function fill(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- figures: ${name} -->`, '<!-- end of figures -->'];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`docs/sizing.md has no place for '${name}'.`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function fleetTables(figures: readonly FleetFigure[]): string {
  const shapes = [...new Set(figures.map(({ shape }) => shape))];
  const head = [
    'servers',
    'history',
    'deliveries/s here',
    'µs per delivery',
    'broker, µs per publication',
    'deliveries/s, a core per server',
  ];
  return shapes
    .map((shape) => {
      const rows = figures
        .filter((figure) => figure.shape === shape)
        .map(({ broker, servers, history, deliveriesPerSecond, deliveryMicros, brokerMicros }) => [
          `${servers} × ${names[broker] ?? broker}`,
          history ? 'yes' : '',
          deliveriesPerSecond.toLocaleString('en'),
          formatValue(deliveryMicros),
          brokerMicros > 0 ? formatValue(brokerMicros) : '',
          round((servers * 1e6) / deliveryMicros),
        ]);
      return `**${shape}**\n\n${table(head, rows)}`;
    })
    .join('\n\n');
}

function curveTable(size: string, value: string, points: readonly Point[]): string {
  return table(
    [size, value],
    points.map((point) => [point.size.toLocaleString('en'), formatValue(point.value)]),
  );
}

function serversTable(servers: SizingResults['servers']): string {
  const brokers = Object.keys(servers);
  const sizes = [
    ...new Set(
      Object.values(servers)
        .flat()
        .map(({ size }) => size),
    ),
  ];
  const rows = sizes.map((size) => [
    String(size),
    ...brokers.map((broker) => {
      const point = servers[broker]?.find((one) => one.size === size);
      return point ? formatValue(point.value) : '–';
    }),
  ]);
  return table(['servers', ...brokers.map((broker) => `µs on ${broker}`)], rows);
}

/** From here on, other programs took a core or more. Less may be what is left of the build that goes before. */
const BUSY_LOAD = 1;

function describeMachine({ environment, loadBefore }: SizingResults): string {
  const { date, node, cpu, cores, commit, seconds, payloadBytes } = environment;
  const warning =
    loadBefore < BUSY_LOAD
      ? ''
      : `\n\n**The machine was busy with other programs** (load ${loadBefore.toFixed(1)}): these figures show how the page looks, and nothing else. Measure again on a quiet one.`;
  return `Measured on ${date.slice(0, 10)} with Node ${node.slice(1)} on ${cores} cores of ${cpu} (commit ${commit}): ${seconds} s each after a warm-up, payloads of ${payloadBytes} bytes.${warning}`;
}

/** Two digits are all that such a figure can have. */
function round(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en');
}
