import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { printBacklogs } from './backlogs.js';
import { printFlood } from './flood.js';
import { printHandshakes } from './handshakes.js';
import { printPresence } from './presence.js';
import { printStalledReaders } from './stalled-readers.js';

// What the bounds are worth, on the built packages: `npm run bounds`. Each figure is of a process of
// its own, because memory that another has freed would hide growth. Exits with 1 when one is beyond
// what docs/security.md promises.
const figures: ReadonlyMap<string, () => Promise<boolean>> = new Map([
  ['1-stalled', () => printStalledReaders(1, 'disconnect')],
  ['100-stalled', () => printStalledReaders(100, 'disconnect')],
  ['100-stalled-drop-newest', () => printStalledReaders(100, 'drop-newest')],
  ['100-stalled-drop-oldest', () => printStalledReaders(100, 'drop-oldest')],
  ['100-stalled-latest', () => printStalledReaders(100, 'latest')],
  ['flood', printFlood],
  ['handshakes', printHandshakes],
  ['backlogs', printBacklogs],
  ['presence', printPresence],
]);

const name = process.argv[2];
if (name !== undefined) {
  const figure = figures.get(name);
  if (!figure) throw new Error(`No figure ${name}; there are ${[...figures.keys()].join(', ')}`);
  process.exit((await figure()) ? 0 : 1);
}
for (const each of figures.keys()) {
  const node = ['--expose-gc', fileURLToPath(import.meta.url), each];
  const { status } = spawnSync(process.execPath, node, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
