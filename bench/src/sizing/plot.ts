import type { Point } from './results.js';

/** A line of a plot. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Plot {
  /** What can be seen, for those who cannot. */
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** Sizes grow tenfold rather than by one. */
  readonly isLogarithmic: boolean;
}

const WIDTH = 640;
const HEIGHT = 320;
const left = 64;
const right = WIDTH - 100;
const top = 28;
const bottom = HEIGHT - 52;

/** Told apart by people who see no red or no green, on white and on black; lines are dashed differently, too. */
const colors = ['#3b7dd8', '#d9822b', '#7b61c9'];
const dashes = ['', '7 4', '2 4'];

/** Steps of an axis look like 1, 2 or 5 with zeros. */
const roundSteps = [1, 2, 5, 10];

/** A plot as SVG. Its text takes the colour of the page, bright or dark. */
export function drawPlot({ title, xLabel, yLabel, series, isLogarithmic }: Plot): string {
  const points = series.flatMap((one) => one.points);
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  const scale = isLogarithmic ? Math.log10 : (size: number) => size;
  const [first, last] = [scale(sizes[0]!), scale(sizes.at(-1)!)];
  const x = (size: number) => left + ((scale(size) - first) / (last - first || 1)) * (right - left);
  const steps = axisSteps(Math.max(...points.map(({ value }) => value)));
  const y = (value: number) => bottom - (value / steps.at(-1)!) * (bottom - top);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="12">`,
    // Where the picture stands alone, as on GitHub, it follows the system.
    '<style>svg { color: #222 } @media (prefers-color-scheme: dark) { svg { color: #ddd } }</style>',
    ...steps.flatMap((step) => [
      `<line x1="${left}" x2="${right}" y1="${place(y(step))}" y2="${place(y(step))}" stroke="currentColor" stroke-opacity="0.15"/>`,
      text(left - 8, y(step) + 4, step.toLocaleString('en'), 'end'),
    ]),
    ...sizes.map((size) => text(x(size), bottom + 18, size.toLocaleString('en'), 'middle')),
    text((left + right) / 2, HEIGHT - 10, xLabel, 'middle'),
    text(left - 8, 14, yLabel, 'start'),
    ...series.flatMap((one, index) => drawSeries(one, index, x, y)),
    ...placeNames(series, y),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function drawSeries(
  { points }: Series,
  index: number,
  x: (size: number) => number,
  y: (value: number) => number,
): string[] {
  const color = colors[index % colors.length];
  const path = points.map(({ size, value }) => `${place(x(size))},${place(y(value))}`).join(' ');
  const dash = dashes[index % dashes.length];
  return [
    `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}/>`,
    ...points.map(
      ({ size, value }) =>
        `<circle cx="${place(x(size))}" cy="${place(y(value))}" r="3.5" fill="${color}"/>`,
    ),
  ];
}

/** Names stand at the ends of their lines, and give way to each other. */
function placeNames(series: readonly Series[], y: (value: number) => number): string[] {
  if (series.length < 2) return [];
  const names = series
    .map(({ name, points }, index) => ({ name, index, at: y(points.at(-1)!.value) }))
    .sort((a, b) => a.at - b.at);
  let lowest = Number.NEGATIVE_INFINITY;
  return names.map(({ name, index, at }) => {
    lowest = Math.max(at, lowest + 15);
    return `<text x="${right + 10}" y="${place(lowest + 4)}" fill="${colors[index % colors.length]}" font-weight="600">${escapeXml(name)}</text>`;
  });
}

/** From zero to just above the largest value. */
function axisSteps(max: number): number[] {
  const rough = max / 4 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * roundSteps.find((candidate) => candidate * power >= rough)!;
  const count = Math.ceil(max / step) || 1;
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${place(x)}" y="${place(y)}" fill="currentColor" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}

function place(value: number): string {
  return value.toFixed(1);
}

function escapeXml(content: string): string {
  return content.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
