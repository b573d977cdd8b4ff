// Prints what the browser bundle weighs and fails when it grows. Run by `npm run check:size` after a build.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const KIB = 1024;
/** What we want, and what we asked of ourselves, after gzip. Neither is reached yet. */
const GOAL_BYTES = 10 * KIB;
const WANTED_BYTES = 12 * KIB;
/** What it weighs today, rounded up: nobody makes it heavier unnoticed. Lower it with every saving. */
const CEILING_BYTES = 16.25 * KIB;

const bundle = readFileSync(new URL('./dist/asyngular-client.min.js', import.meta.url));
const bytes = gzipSync(bundle, { level: 9 }).length;
const kib = (size) => `${(size / KIB).toFixed(2)} KiB`;
// biome-ignore lint/suspicious/noConsole: the sizes are what this script is for.
console.log(
  `asyngular-client.min.js: ${kib(bundle.length)}, gzip ${kib(bytes)} ` +
    `(fails above ${kib(CEILING_BYTES)}; wanted ${kib(WANTED_BYTES)}, goal ${kib(GOAL_BYTES)})`,
);
if (bytes > CEILING_BYTES) process.exitCode = 1;
