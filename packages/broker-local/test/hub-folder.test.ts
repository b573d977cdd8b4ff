import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { createDirectory } from '@asyngular/test-utils/service';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { createHubFolder } from '../src/internal.js';
import { HubProcess } from './support/hub-process.js';
import { startHub } from './support/node.js';

const HOUR_MS = 3_600_000;

/** Makes a folder as old as one of yesterday's. */
function age(folder: string): void {
  const at = new Date(Date.now() - HOUR_MS);
  utimesSync(folder, at, at);
}

it('a hub removes the folders of those that were killed, and nothing else', async () => {
  const parent = createDirectory();
  onCleanup(() => rmSync(parent, { recursive: true, force: true }));
  const hub = new HubProcess(join(parent, 'asyngular-hub-killed'));
  onCleanup(() => hub.stop());
  const living = join(parent, 'asyngular-hub-living');
  mkdirSync(living);
  await Promise.all([hub.start(), startHub({ path: join(living, 'hub.sock') })]);
  await hub.kill();
  const notes = join(parent, 'asyngular-hub-notes');
  mkdirSync(notes);
  writeFileSync(join(notes, 'notes.txt'), 'mine');
  mkdirSync(join(parent, 'asyngular-hub-empty'));
  const other = join(parent, 'asyngular-other');
  mkdirSync(other);
  for (const name of readdirSync(parent)) age(join(parent, name));
  // This one may belong to a hub that is about to listen.
  const young = createHubFolder(parent);

  await until('the folder to go', () => !existsSync(hub.directory));
  await until('the empty one to go', () => !existsSync(join(parent, 'asyngular-hub-empty')));
  const folder = createHubFolder(parent);
  expect(readdirSync(parent).sort()).toEqual(
    [living, notes, other, young, folder].map((path) => basename(path)).sort(),
  );
  expect(readdirSync(living)).toEqual(['hub.sock']);
});

it('a hub without a path has such a folder', async () => {
  const { hub } = await startHub();
  expect(basename(dirname(hub.path))).toMatch(/^asyngular-hub-/);
});
