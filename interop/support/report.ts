import { mkdirSync, writeFileSync } from 'node:fs';
import type { Difference } from '../differences.js';
import type { Duty } from './duty.js';

/** A heading that leaves the table readable. */
function shorten(peer: string): string {
  return peer.replace('socketcluster-', 'sc-').replace('asyngular-', 'ag-');
}

export type Outcome = 'ok' | 'FAILED' | Difference;

/** Outcomes by duty and peer, as a Markdown table. */
export class Report {
  readonly #duties: readonly Duty[];
  readonly #peers: readonly string[];
  /** Duties of the protocol that no row shows. */
  uncited: readonly string[] = [];
  readonly #outcomes = new Map<string, Outcome>();

  constructor(duties: readonly Duty[], peers: readonly string[]) {
    this.#duties = duties;
    this.#peers = peers;
  }

  set(duty: string, peer: string, outcome: Outcome): void {
    this.#outcomes.set(`${duty}\n${peer}`, outcome);
  }

  toString(): string {
    const reasons: string[] = [];
    const cell = (duty: Duty, peer: string): string => {
      const outcome = this.#outcomes.get(`${duty.title}\n${peer}`);
      if (outcome === undefined) return '';
      if (typeof outcome === 'string') return outcome;
      if (!reasons.includes(outcome.reason)) reasons.push(outcome.reason);
      return `[${reasons.indexOf(outcome.reason) + 1}]`;
    };
    const rows = [
      ['duties', 'what', ...this.#peers.map(shorten)],
      ...this.#duties.map((it) => [it.ids, it.title, ...this.#peers.map((peer) => cell(it, peer))]),
    ];
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    const line = (row: string[]) =>
      `| ${row.map((text, column) => text.padEnd(widths[column]!)).join(' | ')} |`;
    const rule = widths.map((width) => '-'.repeat(width));
    const outcomes = [...this.#outcomes.values()];
    const count = (name: string) => outcomes.filter((it) => it === name).length;
    return [
      '# Interoperability',
      '',
      'Published servers are driven by our client, published clients drive our server.',
      'Duties are those of docs/protocol.md. A number is a difference, explained below.',
      'sc is socketcluster, ag is asyngular; every package as published on npm.',
      '',
      ...[rows[0]!, rule, ...rows.slice(1)].map(line),
      '',
      `${outcomes.length} runs: ${count('ok')} ok, ${count('FAILED')} failed, ` +
        `${outcomes.length - count('ok') - count('FAILED')} listed differences.`,
      '',
      `Not shown here, as they concern one end alone or a peer that breaks the rules: ` +
        `${this.uncited.join(', ')}.`,
      '',
      ...reasons.map((reason, index) => `${index + 1}. ${reason}`),
      '',
    ].join('\n');
  }

  write(path: URL): void {
    mkdirSync(new URL('.', path), { recursive: true });
    writeFileSync(path, this.toString());
  }
}
