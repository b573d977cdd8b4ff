import type { GoalResult, ScenarioResult, SubjectResult } from '../measure/results.js';
import { medianOf } from '../measure/results.js';
import { subjects } from '../subjects.js';
import type { Environment } from './environment.js';
import { formatRatio, formatShare, formatSpread, formatValue } from './numbers.js';
import { styles } from './styles.js';

/** One HTML file without anything to load: text, inline styles and inline SVG. */
export function renderHtml(environment: Environment, results: ScenarioResult[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Asyngular benchmarks</title>
<style>${styles}</style>
</head>
<body>
<main>
<header>
<h1>Asyngular benchmarks</h1>
<p>CPU or memory that one unit of work costs; less is better. Only ratios within this run mean anything.</p>
${renderEnvironment(environment)}
</header>
${renderGoals(results)}
${results.map(renderScenario).join('\n')}
<footer>
<p>* Frames each publication once, writes that buffer to every recipient’s socket, corks each socket once per event-loop turn.
Every count is exact: a run in which a message was lost, repeated or altered is a failure, not a number.
Bars show the median; whiskers show the lowest and highest round. The dashed line is our strictest goal.</p>
</footer>
</main>
</body>
</html>
`;
}

function renderEnvironment(environment: Environment): string {
  const facts = [
    environment.date.slice(0, 16).replace('T', ' '),
    `Node ${environment.node.slice(1)}`,
    `${environment.cores} × ${environment.cpu}`,
    environment.pinned ? 'processes pinned to separate cores' : 'processes not pinned',
    `${environment.seconds} s × ${environment.rounds} rounds`,
    `${environment.payloadBytes}-byte payloads`,
    ...(environment.commit ? [`commit ${environment.commit}`] : []),
  ];
  const versions = Object.entries(environment.versions).map(
    ([name, version]) => `${name} ${version}`,
  );
  return `<p class="facts">${facts.map(escapeHtml).join(' · ')}</p>
<p class="facts">${versions.map(escapeHtml).join(' · ')}</p>`;
}

function renderGoals(results: ScenarioResult[]): string {
  const rows = results.flatMap(({ scenario, results: measured, goals }) => {
    return goals.map((goal) => {
      const ours = medianOf(measured, 'asyngular');
      return `<tr><th scope="row"><a href="#${scenario.id}">${escapeHtml(scenario.title)}</a></th>
<td>${ours === undefined ? '–' : formatValue(ours)}</td><td class="text">${escapeHtml(goal.text)}</td>
<td>${goal.reached === undefined ? '–' : formatValue(goal.reached)}</td><td class="text">${renderVerdict(goal)}</td></tr>`;
    });
  });
  if (rows.length === 0) return '';
  return `<section>
<h2>Goals</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">Work</th><th scope="col">Ours</th><th scope="col" class="text">Goal</th><th scope="col">Reached</th><th scope="col" class="text">Verdict</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div>
</section>`;
}

function renderVerdict({ met }: GoalResult): string {
  if (met === undefined) return '<span class="verdict">not measured</span>';
  return met
    ? '<span class="verdict met">✓ met</span>'
    : '<span class="verdict missed">✗ not met</span>';
}

function renderScenario({ scenario, results, goals }: ScenarioResult): string {
  const base = medianOf(results, scenario.baseline);
  const peer = medianOf(results, 'socket.io');
  const baseLabel = results.find(({ subject }) => subject === scenario.baseline)?.label;
  const failures = results.filter(({ error }) => error !== undefined);
  const rows = results
    .filter(({ error }) => error === undefined)
    .map(({ subject, label, median, spread, samples }) => {
      return `<tr${subject === 'asyngular' ? ' class="ours"' : ''}><th scope="row">${escapeHtml(label)}</th>
<td>${formatValue(median)}</td><td>${formatSpread(spread)}</td>
<td>${formatRatio(base === undefined ? undefined : median / base)}</td>
<td>${formatRatio(peer === undefined ? undefined : median / peer)}</td>
<td>${formatShare(samples[0]?.busy)}</td><td>${formatShare(samples[0]?.loadBusy)}</td></tr>`;
    });
  return `<section id="${scenario.id}">
<h2>${escapeHtml(scenario.title)}</h2>
<p class="unit">${escapeHtml(scenario.unit)} <code>${scenario.id}</code></p>
${renderChart(results, goals)}
${goals.length > 0 ? `<p class="goals">${goals.map((goal) => `${escapeHtml(goal.text)} ${renderVerdict(goal)}`).join(' ')}</p>` : ''}
<details><summary>Numbers</summary><div class="scroll"><table>
<thead><tr><th scope="col"></th><th scope="col">Median</th><th scope="col">Spread</th><th scope="col">÷ ${escapeHtml(baseLabel ?? scenario.baseline)}</th><th scope="col">÷ Socket.IO</th><th scope="col">Core busy</th><th scope="col">Generator busy</th></tr></thead>
<tbody>${rows.join('\n')}</tbody>
</table></div></details>
${failures.map(({ label, error }) => `<p class="failure">${escapeHtml(`${label} failed: ${error}`)}</p>`).join('\n')}
</section>`;
}

const chart = { width: 720, row: 30, bar: 16, left: 170, right: 90, top: 6 };

function renderChart(results: SubjectResult[], goals: GoalResult[]): string {
  const shown = results.filter(({ error }) => error === undefined);
  if (shown.length === 0) return '';
  const limits = goals.flatMap(({ limit }) => (limit === undefined ? [] : [limit]));
  const limit = limits.length > 0 ? Math.min(...limits) : undefined;
  const values = shown.flatMap(({ samples }) => samples.map(({ value }) => value));
  const longest = Math.max(...values, limit ?? 0);
  const scale = (chart.width - chart.left - chart.right) / longest;
  const height = chart.top * 2 + shown.length * chart.row;
  const bars = shown.map((result, index) =>
    renderBar(result, chart.top + index * chart.row, scale),
  );
  const texts = shown.map((result, index) =>
    renderTexts(result, chart.top + index * chart.row, scale),
  );
  const goalLine =
    limit === undefined
      ? ''
      : `<line class="goal" x1="${round(chart.left + limit * scale)}" x2="${round(chart.left + limit * scale)}" y1="0" y2="${height}"><title>goal: at most ${formatValue(limit)}</title></line>`;
  const label = shown.map((result) => `${result.label}: ${formatValue(result.median)}`).join('; ');
  return `<div class="scroll"><svg viewBox="0 0 ${chart.width} ${height}" role="img" aria-label="${escapeHtml(label)}">
<line class="axis" x1="${chart.left}" x2="${chart.left}" y1="0" y2="${height}"/>
${bars.join('\n')}
${goalLine}
${texts.join('\n')}
</svg></div>`;
}

function renderBar({ subject, median, samples }: SubjectResult, y: number, scale: number): string {
  const colour = subjects.find(({ id }) => id === subject)?.colour ?? 'peer';
  const middle = y + chart.row / 2;
  const [low, high] = range(samples).map((value) => round(chart.left + value * scale));
  return `<rect class="${colour}" x="${chart.left}" y="${middle - chart.bar / 2}" width="${round(Math.max(1, median * scale))}" height="${chart.bar}" rx="2"/>
<line class="whisker" x1="${low}" x2="${high}" y1="${middle}" y2="${middle}"/>`;
}

function renderTexts(
  { subject, label, median, samples }: SubjectResult,
  y: number,
  scale: number,
): string {
  const middle = y + chart.row / 2;
  const ours = subject === 'asyngular' ? ' ours' : '';
  const end = round(chart.left + range(samples)[1] * scale + 8);
  return `<text class="label${ours}" x="${chart.left - 10}" y="${middle}">${escapeHtml(label)}</text>
<text class="value" x="${end}" y="${middle}">${formatValue(median)}</text>`;
}

function range(samples: SubjectResult['samples']): [low: number, high: number] {
  const values = samples.map(({ value }) => value);
  return [Math.min(...values), Math.max(...values)];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
