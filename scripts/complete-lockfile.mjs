// Adds to package-lock.json the optional platform packages that `npm install` left out because the registry
// it asked does not carry them for other systems. Without their entries `npm ci` refuses the lockfile.
// Run after `npm install` changed it; a test says when it is needed.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const file = resolve(import.meta.dirname, '../package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const platform = /[-/](android|darwin|freebsd|linux|openbsd|openharmony|win32)-([a-z0-9]+)/;

let added = 0;
for (const [parent, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const nested = `${parent}/node_modules/${name}`;
    const hoisted = `node_modules/${name}`;
    const [, os, cpu] = platform.exec(name) ?? [];
    if (lock.packages[nested] || lock.packages[hoisted] || os === undefined) continue;
    lock.packages[hoisted] = {
      version,
      cpu: [cpu],
      dev: true,
      ...(name.endsWith('musl') && { libc: ['musl'] }),
      optional: true,
      os: [os],
    };
    added++;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} entries added`);
