import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What an application writes to get a client, by subject. */
const sources: Record<string, { from: 'here' | 'peers'; code: string }> = {
  asyngular: { from: 'here', code: `export { create } from '@asyngular/client'` },
  'socket.io': { from: 'peers', code: `export { io } from 'socket.io-client'` },
  socketcluster: { from: 'peers', code: `export { create } from 'socketcluster-client'` },
};

/** Bytes of a client in a browser bundle that uses nothing but its `create`, minified and gzipped. */
export async function bundleBytes(client: string): Promise<number> {
  const { from, code } = sources[client]!;
  const folder = from === 'here' ? '../../' : '../../../peers/';
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL(folder, import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
