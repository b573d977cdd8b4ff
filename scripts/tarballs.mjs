// Makes the tarballs of the public packages, of what `npm run build` has built.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** The names of the packages that are published, without the scope. */
export const publicPackages = readdirSync(join(root, 'packages')).filter((name) => {
  const manifest = readFileSync(join(root, 'packages', name, 'package.json'), 'utf8');
  return !JSON.parse(manifest).private;
});

/** Empties the folder and puts a tarball of every public package into it. */
export function packInto(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const workspaces = publicPackages.flatMap((name) => ['--workspace', `packages/${name}`]);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, ...workspaces], {
    cwd: root,
    // Their names come from the folder.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The files in a folder of tarballs, by the name of their package. */
export function tarballsIn(folder) {
  const files = readdirSync(folder);
  return Object.fromEntries(
    publicPackages.map((name) => {
      const file = files.find((each) => each.match(/^asyngular-(.+)-\d+\.\d+\.\d+/)?.[1] === name);
      if (!file) throw new Error(`There is no tarball of ${name} in ${folder}: run npm run pack`);
      return [`@asyngular/${name}`, join(folder, file)];
    }),
  );
}
