import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentsError } from '@asyngular/errors';

const scripts = new Set(['.js', '.mjs', '.cjs']);
const typescripts = new Set(['.ts', '.mts', '.cts']);

/** Flags by which Node learns to run other kinds of files. */
const loaderFlags =
  /^--(?:import|loader|experimental-loader|require|experimental-strip-types)\b|^-r$/;

/**
 * The absolute path of the file that workers run. Throws `InvalidArgumentsError` for one that is not there, or that
 * Node cannot run with these flags.
 */
export function serverFile(file: unknown, execArgv: readonly string[]): string {
  const isFileUrl = file instanceof URL || String(file).startsWith('file:');
  if (typeof file !== 'string' && !isFileUrl) {
    throw new InvalidArgumentsError(
      `The file of the workers is ${String(file)}; it must be the path of the file that makes the server`,
    );
  }
  const path = isFileUrl ? fileURLToPath(String(file)) : resolve(String(file));
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) {
    const what = stats ? 'is a folder' : 'does not exist';
    throw new InvalidArgumentsError(
      `The file of the workers ${what}: ${path}; name the file that makes the server, such as dist/server.js (was it built?)`,
    );
  }
  const kind = extname(path);
  if (scripts.has(kind) || kind === '') return path;
  const flags = [...execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
  if (flags.some((flag) => loaderFlags.test(flag))) return path;
  if (typescripts.has(kind) && 'typescript' in process.features && process.features.typescript) {
    return path;
  }
  throw new InvalidArgumentsError(
    typescripts.has(kind)
      ? `Node ${process.versions.node} cannot run TypeScript: ${path}; compile it first, use Node 22.18 or newer, or give workers a loader: execArgv: ['--import', 'tsx']`
      : `Node cannot run ${path}; name a JavaScript file`,
  );
}
