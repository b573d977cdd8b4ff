import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import { version } from '../version.js';
import type { BenchReport } from './print-outcome.js';
import { drawPlots, pageStyle } from './report-parts.js';
import { reportRows } from './report-rows.js';

/** Writes a run as one file that needs no network: the figures, plots of its seconds, and all of it as JSON. */
export async function writeReport(file: string, report: BenchReport): Promise<void> {
  await asReport(file, writeFile(file, renderReport(report, await readPlotLibrary(), new Date())));
}

/** Rejects when a report could not be written there: better before a long run than after it. What is there stays. */
export async function assertWritable(file: string): Promise<void> {
  await asReport(file, appendFile(file, ''));
}

async function asReport(file: string, writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    throw new CommandError(
      exitCodes.failed,
      `The report cannot be written to '${file}' (${(error as Error).message}); choose another --report`,
      { cause: error },
    );
  }
}

/** uPlot, as a script and its style. */
interface PlotLibrary {
  readonly script: string;
  readonly style: string;
}

async function readPlotLibrary(): Promise<PlotLibrary> {
  const require = createRequire(import.meta.url);
  const read = (name: string) => readFile(require.resolve(`uplot/dist/${name}`), 'utf8');
  return { script: await read('uPlot.iife.min.js'), style: await read('uPlot.min.css') };
}

/** The page. What is drawn is in it as JSON, so that other programs can read it, too. */
function renderReport(report: BenchReport, library: PlotLibrary, date: Date): string {
  const { scenario, url } = report.plan;
  const rows = reportRows(report)
    .map(
      ([title, value]) =>
        `<tr><th scope="row">${escapeHtml(title)}</th><td>${escapeHtml(value)}</td></tr>`,
    )
    .join('\n');
  const warnings = report.generator.saturated
    .map(
      (reason) =>
        `<p class="warning">Saturated, do not trust these figures: ${escapeHtml(reason)}.</p>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>asyngular bench ${escapeHtml(scenario)}</title>
<style>${library.style}${pageStyle}</style>
<main>
<h1>asyngular bench ${escapeHtml(scenario)}</h1>
<p>${escapeHtml(url)}, ${date.toISOString().slice(0, 16).replace('T', ' ')} UTC, version ${version}, Node ${process.versions.node}</p>
${warnings}
<table>${rows}</table>
<div id="plots"></div>
</main>
<script id="report" type="application/json">${embedded(report)}</script>
<script>${library.script}</script>
<script>(${drawPlots})(uPlot)</script>
</html>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** JSON in which no text can end the script element that holds it. */
function embedded(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
