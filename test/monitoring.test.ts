import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { limitNames } from '../packages/server/src/limits/limits.js';
import { callOutcomes } from '../packages/server/src/metrics/call-outcomes.js';
import {
  declarations,
  type MetricDeclaration,
} from '../packages/server/src/metrics/declarations.js';
import { DocsPage } from './support/docs-page.js';
import { faultsOf } from './support/promql.js';

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

/** What one chooses at the top of the dashboard. */
interface Variable {
  readonly name: string;
  readonly query: string | { readonly query: string };
}

function read(path: string): string {
  return readFileSync(resolve(import.meta.dirname, '../deploy', path), 'utf8');
}

it('a query with mistakes is found', () => {
  const closes = 'sum by (code) (rate(asyngular_closes_total[5m]))';
  expect(faultsOf(closes, series)).toEqual([]);
  const mistakes = {
    'sum by (cod) (rate(asyngular_closes_total[5m]))': 'nothing has the label cod',
    'rate(asyngular_closes[5m])': 'there is no asyngular_closes',
    'rate(asyngular_clients[5m])': 'asyngular_clients has no rate',
    'asyngular_clients{limit="x"}': 'asyngular_clients has no label limit',
    '(asyngular_clients': 'it breaks off at ""',
    'sum by code (asyngular_clients)': 'it breaks off at "code (asyngular_clients)"',
    '1 + 1': 'it asks for nothing',
  };
  for (const [query, fault] of Object.entries(mistakes)) {
    expect(faultsOf(query, series), query).toContain(fault);
  }
});

describe('the alerts', () => {
  const { groups }: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = parse(
    read('prometheus/alerts.yaml'),
    { uniqueKeys: true },
  );
  const rules = groups.flatMap((group) => group.rules);

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s', (_name, rule) => {
    expect(faultsOf(rule.expr, series)).toEqual([]);
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
  const dashboard: {
    readonly panels: readonly Panel[];
    readonly templating: { readonly list: readonly Variable[] };
  } = JSON.parse(read('grafana/asyngular.json'));
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  it('asks for what there is', () => {
    const faults = panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ expr }) =>
        faultsOf(expr.replaceAll('$__rate_interval', '1m'), series).map(
          (fault) => `${title}: ${fault}`,
        ),
      ),
    );
    expect(faults).toEqual([]);
    for (const { title, targets = [] } of panels) expect(targets.length, title).toBeGreaterThan(0);
  });

  it('lets one choose among what there is', () => {
    const choices = dashboard.templating.list.flatMap(({ query }) =>
      typeof query === 'string'
        ? []
        : [/^label_values\((.+), (\w+)\)$/.exec(query.query)?.slice(1)],
    );
    expect(choices.length).toBeGreaterThan(0);
    for (const [query, label] of choices.map((choice) => choice ?? ['', ''])) {
      expect(faultsOf(`count by (${label}) (${query})`, series)).toEqual([]);
    }
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
