import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { callOutcomes } from '../packages/server/src/metrics/call-outcomes.js';
import {
  declarations,
  type MetricDeclaration,
} from '../packages/server/src/metrics/declarations.js';
import { DocsPage } from './support/docs-page.js';

// docs/metrics.md names every metric as it is declared.

const page = new DocsPage('metrics.md');
const suffixes = { counter: '_total', info: '_info', gauge: '', histogram: '' };

function rowOf({ name, type, labels = [], merge, help }: MetricDeclaration): string {
  const kind = merge === undefined ? type : `${type}, ${merge}`;
  const names = labels.map((label) => `\`${label}\``).join(', ');
  return `| \`${name}${suffixes[type]}\` | ${kind} | ${names} | ${help} |`;
}

it('the page of metrics has a row for each of them, in order', () => {
  const rows = page
    .section('## All metrics')
    .split('\n')
    .filter((line) => line.startsWith('| `asyngular_'));
  expect(rows).toEqual(Object.values(declarations).map(rowOf));
});

it('the page of metrics explains every outcome of a call', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../docs/metrics.md'), 'utf8');
  for (const outcome of callOutcomes) expect(text).toContain(`| \`${outcome}\` |`);
});
