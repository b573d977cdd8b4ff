import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAnswered } from './is-answered.js';

/** How the folders of hubs begin, and nothing else. */
const PREFIX = 'asyngular-hub-';

/** A folder that is younger, in ms, may belong to a hub that does not listen yet. */
const MIN_AGE_MS = 60_000;

/** Folders that are looked at for each one that is made. */
const MAX_LOOKS = 100;

/**
 * Makes a folder for the sockets of hubs that only this user can enter. Folders of hubs that were killed, and could not
 * remove theirs, go in the background.
 */
export function createHubFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, PREFIX));
  void removeLeftovers(parent).catch(() => {
    // Another process removes them, too, or the next hub will.
  });
  return folder;
}

/** Removes the folders of this user in which nobody listens any more. Resolves when that is done. */
async function removeLeftovers(parent: string): Promise<void> {
  const names = readdirSync(parent).filter((name) => name.startsWith(PREFIX));
  for (const name of names.slice(0, MAX_LOOKS)) {
    const folder = join(parent, name);
    if (await isLeftover(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

async function isLeftover(folder: string): Promise<boolean> {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory() || stats.uid !== process.getuid?.()) return false;
  if (Date.now() - stats.mtimeMs < MIN_AGE_MS) return false;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return false;
    if (await isAnswered(path)) return false;
  }
  return true;
}
