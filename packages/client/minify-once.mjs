// Minifies a file, and remembers the last one: build, acceptance suite and several tests want the same file, and its
// six passes take longer than all else that they do.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';

const { version } = createRequire(import.meta.url)('terser/package.json');
const folder = fileURLToPath(new URL('./.cache/', import.meta.url));
const file = `${folder}minified.json`;

/**
 * What terser makes of this code. The same as the last time only for the same code, options and version.
 * @returns {Promise<{ code: string, map: string }>}
 */
export async function minifyOnce(source, options) {
  const key = createHash('sha256')
    .update(JSON.stringify([version, source, options]))
    .digest('hex');
  const known = remembered();
  if (known?.key === key) return known;
  const { code, map } = await minify(source, options);
  remember({ key, code, map });
  return { code, map };
}

function remembered() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Replaces the file at once, so that other processes read the whole of one. */
function remember(minified) {
  mkdirSync(folder, { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(minified));
  renameSync(own, file);
}
