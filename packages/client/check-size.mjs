// Fails when the browser bundle is larger than it may be. Run by `npm run check:size` after a build.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** Bytes after gzip: above the limit the check fails; the goal is what we want to stay under. */
const LIMIT_BYTES = 12 * 1024;
const GOAL_BYTES = 10 * 1024;

const bundle = readFileSync(new URL('./dist/asyngular-client.min.js', import.meta.url));
const bytes = gzipSync(bundle, { level: 9 }).length;
const kib = (size) => `${(size / 1024).toFixed(2)} KiB`;
// biome-ignore lint/suspicious/noConsole: the sizes are what this script is for.
console.log(
  `asyngular-client.min.js: ${kib(bundle.length)}, gzip ${kib(bytes)} (goal ${kib(GOAL_BYTES)}, limit ${kib(LIMIT_BYTES)})`,
);
if (bytes > LIMIT_BYTES) {
  process.exitCode = 1;
}
