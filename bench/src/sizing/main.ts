// npm run bench:sizing [-- --seconds n] [-- --draw]: measures everything that docs/sizing.md shows, in about ten
// minutes, keeps it in bench/results/sizing.json, and writes the page and its plots. `--draw` only writes these.
import { parseArgs } from 'node:util';
import { measureAll } from './measure.js';
import { writePage } from './page.js';
import { readResults, writeResults } from './results.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    draw: { type: 'boolean', default: false },
  },
});

if (!values.draw) {
  const startedAt = performance.now();
  const say = (line: string) => {
    console.log(
      `${String(Math.round((performance.now() - startedAt) / 1000)).padStart(4)} s  ${line}`,
    );
  };
  writeResults(await measureAll(Number(values.seconds), say));
  say('done');
}
writePage(readResults());
