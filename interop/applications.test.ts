import { afterAll, describe, expect, test } from 'vitest';
import { authEngines } from './applications/auth-engines.js';
import { type ApplicationServer, applicationServers } from './applications/behaviour.js';
import { endings } from './applications/endings.js';
import { traffic } from './applications/traffic.js';
import { pairs } from './support/pairs.js';
import { type Outcome, OutcomeTable } from './support/report.js';
import { Stage } from './support/stage.js';

const patienceMs = 20_000;
const deviationPatienceMs = 3_000;

const behaviours = [...authEngines, ...endings, ...traffic];
const table = new OutcomeTable(
  behaviours.map(({ title }) => [title]),
  ['what applications rely on'],
  applicationServers,
);

table.introduction = [
  '# What applications of SocketCluster and Asyngular rely on',
  '',
  'The same tests on our server and on published ones, each with our client.',
  'A number is a deviation of the published server, explained below.',
  '',
];

afterAll(() => {
  console.log(table.write(new URL('../test-output/applications.md', import.meta.url)));
});

async function run(title: string, peer: ApplicationServer, waitMs: number): Promise<void> {
  const stage = new Stage(pairs.get(peer)!, waitMs);
  try {
    await behaviours.find((it) => it.title === title)!.run(stage);
  } finally {
    await stage.end();
  }
}

describe.concurrent.each(applicationServers)('%s', (peer) => {
  for (const { title, deviations } of behaviours) {
    const deviation = deviations.find(({ peers }) => peers.some((name) => name === peer));
    test(title, { timeout: 3 * patienceMs }, async () => {
      table.set(title, peer, 'FAILED');
      let outcome: Outcome = 'ok';
      if (deviation) {
        const failure = await run(title, peer, deviationPatienceMs).then(
          () => 'none: the deviation is gone, take it from the behaviour',
          (error: Error) => error.message,
        );
        expect(failure).toMatch(deviation.failure);
        outcome = deviation;
      } else {
        await run(title, peer, patienceMs);
      }
      table.set(title, peer, outcome);
    });
  }
});
