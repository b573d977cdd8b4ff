import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { limitNames } from '../packages/server/src/limits/limits.js';
import { callOutcomes } from '../packages/server/src/metrics/call-meter.js';
import {
  declarations,
  type MetricDeclaration,
} from '../packages/server/src/metrics/declarations.js';
import { DocsPage } from './support/docs-page.js';

// The dashboard and the alerts of deploy/ ask for metrics that there are, by labels that they have.

const suffixes = {
  counter: ['_total'],
  gauge: [''],
  info: ['_info'],
  histogram: ['_bucket', '_count', '_sum'],
};

/** The labels of every series of a server, by its name in queries. */
const series = new Map(
  Object.values<MetricDeclaration>(declarations).flatMap(({ name, type, labels = [] }) =>
    suffixes[type].map((suffix) => [
      name + suffix,
      [...labels, ...(suffix === '_bucket' ? ['le'] : []), 'job', 'instance'],
    ]),
  ),
);
series.set('up', ['job', 'instance']);

/** Words of PromQL, which are no metrics. */
const words = new Set(
  'sum by rate increase histogram_quantile count min max unless on label_values'.split(' '),
);

/** What is wrong with a query. */
function faultsOf(expr: string): string[] {
  const faults: string[] = [];
  const used = new Set<string>();
  const plain = expr.replace(/"[^"]*"/g, '""').replace(/\[[^\]]*\]/g, '');
  let depth = 0;
  for (const character of plain) {
    if ('({'.includes(character)) depth++;
    if (')}'.includes(character) && --depth < 0) faults.push('a bracket too many');
  }
  if (depth !== 0) faults.push('a bracket is missing');
  const names = plain
    .replace(/\{[^}]*\}/g, '')
    .replace(/\b(by|on)\s*\([^)]*\)/g, '')
    .match(/[a-z_]+/g);
  for (const name of names ?? []) {
    if (words.has(name)) continue;
    if (series.has(name)) used.add(name);
    else faults.push(`there is no ${name}`);
  }
  const known = new Set([...used].flatMap((name) => series.get(name) ?? []));
  const labels = [...plain.matchAll(/\{([^}]*)\}/g)]
    .flatMap(([, matchers]) => [...(matchers as string).matchAll(/([a-z_]+)\s*[=!]/g)])
    .concat(
      [...plain.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list]) => [
        ...(list as string).matchAll(/([a-z_]+)/g),
      ]),
    )
    .map(([, label]) => label as string);
  for (const label of labels) if (!known.has(label)) faults.push(`nothing has the label ${label}`);
  if (used.size === 0) faults.push('it asks for nothing');
  return faults;
}

/** A rule of Prometheus, as far as it is looked at. */
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: object;
}

/** A panel of Grafana. Rows, which are headings, ask for nothing. */
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string }[];
}

function read(path: string): string {
  return readFileSync(resolve(import.meta.dirname, '../deploy', path), 'utf8');
}

it('a query with mistakes is found', () => {
  expect(faultsOf('sum by (code) (rate(asyngular_closes_total[5m]))')).toEqual([]);
  expect(faultsOf('sum by (cod) (rate(asyngular_closes_total[5m]))')).toEqual([
    'nothing has the label cod',
  ]);
  expect(faultsOf('rate(asyngular_closes[5m])')).toContain('there is no asyngular_closes');
  expect(faultsOf('asyngular_clients{limit="x"}')).toEqual(['nothing has the label limit']);
  expect(faultsOf('(asyngular_clients')).toEqual(['a bracket is missing']);
});

describe('the alerts', () => {
  const { groups }: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = parse(
    read('prometheus/alerts.yaml'),
    { uniqueKeys: true },
  );
  const rules = groups.flatMap((group) => group.rules);

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s', (_name, rule) => {
    expect(faultsOf(rule.expr)).toEqual([]);
    expect(rule.expr).toMatch(/[<>]|==/);
    expect(['page', 'ticket']).toContain(rule.labels.severity);
    expect(rule.annotations).toEqual({
      summary: expect.stringMatching(/./),
      description: expect.stringMatching(/\.$/),
    });
    if (rule.for !== undefined) expect(rule.for).toMatch(/^\d+m$/);
    const named = [...rule.expr.matchAll(/limit=~"([^"]*)"/g)].flatMap(([, list]) =>
      list!.split('|'),
    );
    for (const limit of named) expect(limitNames).toContain(limit);
    for (const [, outcome] of rule.expr.matchAll(/calls_total\{outcome="([^"]*)"/g)) {
      expect(callOutcomes).toContain(outcome);
    }
  });

  it('are explained one by one', () => {
    const explained = new DocsPage('metrics.md')
      .section('## What to be woken for')
      .match(/(?<=^\| `)Asyngular\w+/gm);
    expect(explained).toEqual(rules.map(({ alert }) => alert));
  });
});

describe('the dashboard', () => {
  const dashboard: { readonly panels: readonly Panel[] } = JSON.parse(
    read('grafana/asyngular.json'),
  );
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  it('asks for what there is', () => {
    const faults = panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr }) =>
        faultsOf(expr.replaceAll('$__rate_interval', '1m')).map((fault) => `${title}: ${fault}`),
      ),
    );
    expect(faults).toEqual([]);
    for (const { title, targets = [] } of panels) expect(targets.length, title).toBeGreaterThan(0);
  });

  it('has room for each of its panels, and an id', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x, title).toBeLessThan(24);
          expect(cells.has(`${x} ${y}`), `${title} covers another panel`).toBe(false);
          cells.add(`${x} ${y}`);
        }
      }
    }
  });

  it('shows every metric, or says why not', () => {
    const text = JSON.stringify(dashboard);
    const unseen = Object.values<MetricDeclaration>(declarations)
      .map(({ name }) => name)
      .filter((name) => !new RegExp(`${name}(_total|_info|_bucket)?\\b`).test(text));
    expect(unseen).toEqual(notShown);
  });
});

/** Numbers to look up when something is wrong; on a dashboard they would be in the way. */
const notShown = [
  'asyngular_uptime_seconds',
  'asyngular_streams',
  'asyngular_backlog_bytes',
  'asyngular_limited_addresses',
  'asyngular_broker_queued_bytes',
  'asyngular_history_interruptions',
  'asyngular_log_reads',
  'asyngular_log_gaps',
  'asyngular_log_appends',
  'asyngular_log_bytes',
  'asyngular_log_evictions',
  'asyngular_presence_remote_members',
  'asyngular_presence_watchers',
];
