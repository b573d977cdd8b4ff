// Prints what the browser bundle weighs beside the last release, and fails above the limit (ADR 0013 and 0015). Run
// by `npm run check:size` after a build; with `--parts`, also which source file weighs how much. A release writes its
// own figure into released-size.json.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { bundleClient } from './bundle.mjs';

const KIB = 1024;
/** After gzip. */
const GOAL_BYTES = 16 * KIB;
const LIMIT_BYTES = 26 * KIB;

const bundle = readFileSync(new URL('./dist/asyngular-client.min.js', import.meta.url));
const released = JSON.parse(readFileSync(new URL('./released-size.json', import.meta.url), 'utf8'));
const bytes = gzipSync(bundle, { level: 9 }).length;
const kib = (size) => `${(size / KIB).toFixed(2)} KiB`;
const growth = bytes - released.gzipBytes;
print(
  `asyngular-client.min.js: ${kib(bundle.length)}, gzip ${kib(bytes)} ` +
    `(${growth < 0 ? '−' : '+'}${kib(Math.abs(growth))} since ${released.version}; ` +
    `goal ${kib(GOAL_BYTES)}: ${bytes > GOAL_BYTES ? `missed by ${bytes - GOAL_BYTES} bytes` : 'met'}; fails above ${kib(LIMIT_BYTES)})`,
);
if (bytes > LIMIT_BYTES) process.exitCode = 1;

if (process.argv.includes('--parts')) {
  const { shares } = await bundleClient();
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  // Compressed alone a file has nothing to refer back to; its part of the whole is nearer the truth.
  const gzipOf = (share) => kib((bytes * share) / total);
  const packages = new Map();
  for (const path of Object.keys(shares)) {
    const name = path.startsWith('src') ? 'client' : path.split('/')[1];
    packages.set(name, [...(packages.get(name) ?? []), path]);
  }
  for (const [name, paths] of packages) {
    print(`\n${name}: about ${gzipOf(paths.reduce((sum, path) => sum + shares[path], 0))} of gzip`);
    for (const path of paths.sort((a, b) => shares[b] - shares[a])) {
      print(`  ${gzipOf(shares[path]).padStart(9)}  ${path}`);
    }
  }
}

function print(line) {
  // biome-ignore lint/suspicious/noConsole: the sizes are what this script is for.
  console.log(line);
}
