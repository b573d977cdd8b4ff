import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { differenceOf, differences } from './differences.js';
import { duties } from './duties/index.js';
import { nameDuties } from './duties/names.js';
import type { Duty } from './support/duty.js';
import { runIsolated } from './support/isolation.js';
import { pairs } from './support/pairs.js';
import { OutcomeTable } from './support/report.js';
import { Stage } from './support/stage.js';

/** Long enough for a busy machine; a listed difference is known to fail and need not wait so long. */
const patienceMs = 20_000;
const differencePatienceMs = 5_000;

const peers = [...pairs.keys()];
const report = new OutcomeTable(
  duties.map(({ ids, title }) => [ids, title]),
  ['duties', 'what'],
  peers,
);
report.introduction = [
  '# Interoperability',
  '',
  'Published servers are driven by our client, published clients drive our server.',
  'Duties are those of docs/protocol.md. A number is a difference, explained below.',
  'sc is socketcluster, ag is asyngular; every package as published on npm.',
  '',
];

/** Every duty that docs/protocol.md numbers. */
const protocol = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8');
const numbered = [...protocol.matchAll(/^- \*\*(P\d+\.\d+)\*\*/gm)].map((match) => match[1]!);

afterAll(() => {
  console.log(report.write(new URL('../test-output/interop.md', import.meta.url)));
});

test('every row cites duties of docs/protocol.md', () => {
  const cited = duties.flatMap((it) => it.ids.split(' '));
  expect(numbered).toEqual(expect.arrayContaining(cited));
  const uncited = numbered.filter((id) => !cited.includes(id));
  report.remarks = [
    'Not shown here, as they concern one end alone or a peer that breaks the rules: ' +
      `${uncited.join(', ')}.`,
    '',
  ];
});

async function run(duty: Duty, peer: string, waitMs: number): Promise<void> {
  if (nameDuties.includes(duty)) {
    await runIsolated(duty.title, peer, waitMs);
    return;
  }
  const stage = new Stage(pairs.get(peer)!, waitMs);
  try {
    await duty.run(stage);
  } finally {
    await stage.end();
  }
}

test('every duty has a title of its own, every difference a duty and a peer', () => {
  const titles = duties.map((it) => it.title);
  expect(new Set(titles).size).toBe(titles.length);
  for (const difference of differences) {
    expect(titles).toContain(difference.duty);
    for (const peer of difference.peers) expect(peers).toContain(peer);
  }
});

describe.concurrent.each(peers)('%s', (peer) => {
  for (const duty of duties) {
    const difference = differenceOf(duty.title, peer);
    test(`${duty.ids}: ${duty.title}`, { timeout: 3 * patienceMs }, async () => {
      report.set(duty.title, peer, 'FAILED');
      if (difference) {
        const failure = await run(duty, peer, differencePatienceMs).then(
          () => 'none: the difference is gone, take it from differences.ts',
          (error: Error) => error.message,
        );
        expect(failure).toMatch(difference.failure);
      } else {
        await run(duty, peer, patienceMs);
      }
      report.set(duty.title, peer, difference ?? 'ok');
    });
  }
});
