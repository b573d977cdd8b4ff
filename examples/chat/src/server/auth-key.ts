import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';

/**
 * The secret that signs login tokens: `CHAT_AUTH_KEY` if set, otherwise a file that is created on the first start.
 * It outlives the process, so people stay logged in when the server restarts; delete the file to log everyone out.
 */
export async function loadAuthKey(directory: URL): Promise<string> {
  const { CHAT_AUTH_KEY } = process.env;
  if (CHAT_AUTH_KEY) return CHAT_AUTH_KEY;

  const file = new URL('chat-auth-key', directory);
  await mkdir(directory, { recursive: true });
  try {
    // `wx` fails when the file exists: of two servers started at once only one writes the key.
    await writeFile(file, randomBytes(32).toString('hex'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}
