// Makes a tarball of every public package, of what `npm run build` has built, and prints how to install them.
import { readdirSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { packInto } from './tarballs.mjs';

const target = resolve(import.meta.dirname, '../tarballs');
packInto(target);

const files = readdirSync(target).sort();
console.log(`${files.length} packages, in ${relative(process.cwd(), target) || '.'}/:\n`);
for (const file of files) console.log(`  ${file}`);
console.log(
  `\nInstall all of them, because they need each other:\n\n  npm install ${target}/*.tgz`,
);
