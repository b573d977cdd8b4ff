import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

/** The labels of every series that can be asked for, by its name. */
export type SeriesLabels = ReadonlyMap<string, readonly string[]>;

/** What a series that only grows is called; only of these do rates mean something. */
const growing = /_(total|bucket|count|sum)$/;

/** What is wrong with a query of Prometheus, by Prometheus' own grammar and the series that there are. */
export function faultsOf(query: string, series: SeriesLabels): string[] {
  const faults: string[] = [];
  const asked = new Set<string>();
  const text = ({ from, to }: SyntaxNode) => query.slice(from, to);
  const root = parser.parse(query).topNode;
  root.cursor().iterate(({ type, from, node }) => {
    if (type.isError) faults.push(`it breaks off at ${JSON.stringify(query.slice(from))}`);
    if (type.name !== 'VectorSelector') return;
    const name = node.getChild('Identifier');
    const labels = name && series.get(text(name));
    if (!name || !labels) {
      faults.push(`there is no ${text(name ?? node)}`);
      return;
    }
    for (const label of labels) asked.add(label);
    for (const matcher of node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ??
      []) {
      const label = text(matcher.getChild('LabelName')!);
      if (!labels.includes(label)) faults.push(`${text(name)} has no label ${label}`);
    }
    if (node.parent?.name === 'MatrixSelector' && !growing.test(text(name)))
      faults.push(`${text(name)} has no rate`);
  });
  root.cursor().iterate(({ name, node }) => {
    if (name !== 'GroupingLabels') return;
    for (const label of node.getChildren('LabelName').map(text)) {
      if (!asked.has(label)) faults.push(`nothing has the label ${label}`);
    }
  });
  if (asked.size === 0 && faults.length === 0) faults.push('it asks for nothing');
  return faults;
}
