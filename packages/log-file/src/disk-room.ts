import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** What LevelDB writes besides, and more, in bytes. */
const MARGIN = 1_048_576;

/** Whether LevelDB can be opened in a folder: it writes what its log holds once more then. If nobody knows, it is tried. */
export async function hasRoomToOpen(directory: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize > (await logBytes(directory)) + MARGIN;
  } catch {
    return true;
  }
}

async function logBytes(directory: string): Promise<number> {
  const files = await readdir(directory);
  const logs = files.filter((name) => name.endsWith('.log'));
  const stats = await Promise.all(logs.map((name) => stat(join(directory, name))));
  return stats.reduce((sum, { size }) => sum + size, 0);
}
