import uPlot from 'uplot';
import { el } from './dom.js';
import type { History, SeriesName } from './history.js';
import { colour, onThemeChange } from './theme.js';

const HEIGHT = 150;
/** What a chart shows at least; around a single point the scale would be as wide as two days. */
const MIN_SECONDS = 60;

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** How a chart is drawn and what its numbers mean. */
export interface ChartOptions {
  readonly title: string;
  readonly name: SeriesName;
  readonly format: (value: number) => string;
  /** The highest value there can be; left out, the scale follows what there is. */
  readonly max?: number;
  /** Distances that lines may have; left out, decimal ones. */
  readonly steps?: readonly number[];
}

/** The last minutes of one number, with its value now as text. */
export class Chart {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #history: History;
  readonly #value = el('strong', { class: 'value' });
  readonly #place = el('div', { class: 'plot', role: 'img' });
  readonly #resizing = new ResizeObserver(() => this.#resize());
  readonly #endTheme = onThemeChange(() => this.#draw());
  #plot: uPlot | undefined;

  constructor(options: ChartOptions, history: History) {
    this.#options = options;
    this.#history = history;
    const { title } = options;
    this.element = el(
      'section',
      { class: 'card chart', 'aria-label': title },
      el('header', {}, el('h2', {}, title), this.#value),
      this.#place,
    );
    this.#resizing.observe(this.#place);
  }

  update(): void {
    const { name, title, format } = this.#options;
    const latest = this.#history.latest(name);
    const text = latest === null ? '–' : format(latest);
    if (this.#value.textContent !== text) this.#value.textContent = text;
    this.#place.setAttribute('aria-label', `${title} over the last minutes, now ${text}`);
    if (this.#plot === undefined) this.#draw();
    else this.#plot.setData(this.#data());
  }

  close(): void {
    this.#resizing.disconnect();
    this.#endTheme();
    this.#plot?.destroy();
  }

  #data(): uPlot.AlignedData {
    return [this.#history.times, this.#history.series[this.#options.name]];
  }

  #resize(): void {
    const { clientWidth } = this.#place;
    if (clientWidth > 0) this.#plot?.setSize({ width: clientWidth, height: HEIGHT });
  }

  /** Anew, because a plot keeps the colours it began with. */
  #draw(): void {
    const width = this.#place.clientWidth;
    if (width === 0) return;
    this.#plot?.destroy();
    const { format, max, steps } = this.#options;
    const axis = {
      stroke: colour('muted'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: colour('line'), width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, points: { size: 6 } },
        padding: [8, 8, 0, 0],
        scales: {
          x: {
            time: true,
            range: (_plot, first, last) => [Math.min(first, last - MIN_SECONDS), last],
          },
          y: { range: (_plot, _low, high) => [0, max ?? top(high)] },
        },
        axes: [
          { ...axis, size: 26, space: 80, values: (_plot, times) => times.map(timeOfDay) },
          {
            ...axis,
            size: 62,
            space: 32,
            values: (_plot, values) => values.map(format),
            ...(steps && { incrs: [...steps] }),
          },
        ],
        series: [
          {},
          {
            stroke: colour('accent'),
            fill: colour('accent-soft'),
            width: 2,
            points: { show: false },
          },
        ],
      },
      this.#data(),
      this.#place,
    );
  }
}

/** Seconds since the epoch. */
function timeOfDay(seconds: number): string {
  return clock.format(seconds * 1_000);
}

/** Room above the highest value, and a line at the bottom where there is none. */
function top(high: number | null): number {
  return high === null || high <= 0 ? 1 : high * 1.15;
}
