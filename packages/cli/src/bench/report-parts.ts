// Parts of the report that are text for a browser. Nothing here is interpreted by this program.

/** Style of the page, for light and for dark. */
export const pageStyle = `
:root { color-scheme: light dark; --line: #ccc; --warn: #a40000; }
@media (prefers-color-scheme: dark) { :root { --line: #444; --warn: #ff9c9c; } .uplot .u-axis, .u-legend { color: #ddd; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 0; }
table { border-collapse: collapse; } .uplot table { width: auto; }
main > table th { text-align: left; padding: .3rem 1.5rem .3rem 0; vertical-align: top; font-weight: 600; }
main > table td { padding: .3rem 0; } main > table tr { border-bottom: 1px solid var(--line); }
.warning { color: var(--warn); font-weight: 600; }
`;

/** Draws the plots of the page from the JSON in it, as wide as the window. */
export const drawPlots = `(uPlot) => {
  const { series: all, plan } = JSON.parse(document.getElementById('report').textContent);
  // What came after the last message is part of a second only, and would look like a fall.
  const series = all.filter(({ second }) => second * 1000 < plan.durationMs);
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const ink = isDark ? '#ddd' : '#222';
  const grid = { stroke: isDark ? '#333' : '#e5e5e5', width: 1 };
  const colors = isDark ? ['#7cc4ff', '#ffb86b', '#ff8080'] : ['#0b62a8', '#b35900', '#b00020'];
  const plots = [];
  const seconds = series.map(({ second }) => second + 1);
  function draw(title, unit, lines) {
    const heading = document.createElement('h2');
    heading.textContent = title;
    const box = document.createElement('div');
    document.getElementById('plots').append(heading, box);
    const axis = { stroke: ink, grid, ticks: grid };
    const plot = new uPlot({
      width: box.clientWidth, height: 260,
      scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, Math.max(max, 0.001) * 1.05] } },
      axes: [{ ...axis, values: (_plot, values) => values.map((value) => value + ' s') }, { ...axis, size: 70 }],
      series: [{ label: 'second' }, ...lines.map(([label], index) => ({
        label: label + ' (' + unit + ')', stroke: colors[index], width: 2,
        points: { show: seconds.length < 3 },
      }))],
    }, [seconds, ...lines.map(([, read]) => series.map(read))], box);
    plots.push([plot, box]);
  }
  draw('Messages', 'a second', [['sent', (s) => s.sent], ['received', (s) => s.received]]);
  draw('Latency', 'ms', [['p50', (s) => s.p50], ['p99', (s) => s.p99], ['max', (s) => s.max]]);
  draw('Load generator', 'percent, ms', [['busy', (s) => s.utilization * 100], ['loop lag', (s) => s.lagMs]]);
  addEventListener('resize', () => {
    for (const [plot, box] of plots) plot.setSize({ width: box.clientWidth, height: 260 });
  });
}`;
