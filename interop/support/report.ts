import { mkdirSync, writeFileSync } from 'node:fs';

/** A heading that leaves the table readable. */
function shorten(peer: string): string {
  return peer.replace('socketcluster-', 'sc-').replace('asyngular-', 'ag-');
}

/** How one run of one row ended; an object for a listed difference. */
export type Outcome = 'ok' | 'FAILED' | { readonly reason: string };

/** Outcomes by row and peer, as a Markdown table. The last cell of a row is its title, and unique. */
export class OutcomeTable {
  readonly #rows: readonly (readonly string[])[];
  readonly #headings: readonly string[];
  readonly #peers: readonly string[];
  readonly #outcomes = new Map<string, Outcome>();
  /** Text above the table. */
  introduction: readonly string[] = [];
  /** Text between the table and the reasons of differences. */
  remarks: readonly string[] = [];

  constructor(
    rows: readonly (readonly string[])[],
    headings: readonly string[],
    peers: readonly string[],
  ) {
    this.#rows = rows;
    this.#headings = headings;
    this.#peers = peers;
  }

  set(title: string, peer: string, outcome: Outcome): void {
    this.#outcomes.set(`${title}\n${peer}`, outcome);
  }

  toString(): string {
    const reasons: string[] = [];
    const cell = (title: string, peer: string): string => {
      const outcome = this.#outcomes.get(`${title}\n${peer}`);
      if (outcome === undefined) return '';
      if (typeof outcome === 'string') return outcome;
      if (!reasons.includes(outcome.reason)) reasons.push(outcome.reason);
      return `[${reasons.indexOf(outcome.reason) + 1}]`;
    };
    const rows = [
      [...this.#headings, ...this.#peers.map(shorten)],
      ...this.#rows.map((cells) => [
        ...cells,
        ...this.#peers.map((peer) => cell(cells.at(-1)!, peer)),
      ]),
    ];
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    const line = (row: string[]) =>
      `| ${row.map((text, column) => text.padEnd(widths[column]!)).join(' | ')} |`;
    const rule = widths.map((width) => '-'.repeat(width));
    const outcomes = [...this.#outcomes.values()];
    const count = (name: string) => outcomes.filter((it) => it === name).length;
    return [
      ...this.introduction,
      ...[rows[0]!, rule, ...rows.slice(1)].map(line),
      '',
      `${outcomes.length} runs: ${count('ok')} ok, ${count('FAILED')} failed, ` +
        `${outcomes.length - count('ok') - count('FAILED')} listed differences.`,
      '',
      ...this.remarks,
      ...reasons.map((reason, index) => `${index + 1}. ${reason}`),
      '',
    ].join('\n');
  }

  /** Writes the table to a file, and returns it. */
  write(path: URL): string {
    const text = this.toString();
    mkdirSync(new URL('.', path), { recursive: true });
    writeFileSync(path, text);
    return text;
  }
}
