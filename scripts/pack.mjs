// Makes a tarball of every public package, of what `npm run build` has built, and prints how to install them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const target = join(root, 'tarballs');

const packages = readdirSync(join(root, 'packages')).filter((name) => {
  const manifest = readFileSync(join(root, 'packages', name, 'package.json'), 'utf8');
  return !JSON.parse(manifest).private;
});

rmSync(target, { recursive: true, force: true });
mkdirSync(target);
const workspaces = packages.flatMap((name) => ['--workspace', `packages/${name}`]);
execFileSync('npm', ['pack', '--silent', '--pack-destination', target, ...workspaces], {
  cwd: root,
  // Their names come from the folder below.
  stdio: ['ignore', 'ignore', 'inherit'],
});

const files = readdirSync(target).sort();
console.log(`${files.length} packages, in ${relative(process.cwd(), target) || '.'}/:\n`);
for (const file of files) console.log(`  ${file}`);
console.log(
  `\nInstall all of them, because they need each other:\n\n  npm install ${target}/*.tgz`,
);
