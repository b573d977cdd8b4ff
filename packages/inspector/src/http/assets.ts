import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
}

/** Everything the page loads, by the path below the inspector's. Nothing else is ever read. */
const files = new Map([
  ['', { file: 'index.html', type: 'text/html; charset=utf-8' }],
  ['inspector.js', { file: 'inspector.js', type: 'text/javascript; charset=utf-8' }],
  ['inspector.css', { file: 'inspector.css', type: 'text/css; charset=utf-8' }],
  ['icon.svg', { file: 'icon.svg', type: 'image/svg+xml' }],
]);

/** Beside this file's folder whether that is the sources or what was built of them. */
const folder = new URL('../../dist/page/', import.meta.url);

const loaded = new Map<string, Promise<Asset>>();

/** The file at a path below the inspector's; `undefined`: there is none. */
export function assetAt(path: string): Promise<Asset> | undefined {
  const known = files.get(path);
  if (known === undefined) return undefined;
  let asset = loaded.get(path);
  if (asset === undefined) {
    asset = load(known.file, known.type);
    loaded.set(path, asset);
    // A file that was not there may be built meanwhile.
    asset.catch(() => loaded.delete(path));
  }
  return asset;
}

async function load(file: string, type: string): Promise<Asset> {
  const body = await readFile(new URL(file, folder)).catch((cause: unknown) => {
    throw new Error(
      `The inspector's page is not there (${file}); in a copy of the repository, run npm run build`,
      { cause },
    );
  });
  return { type, body, etag: etagOf(body) };
}

/** Names a body by its content. */
export function etagOf(body: string | Buffer): string {
  return `"${createHash('sha1').update(body).digest('base64url')}"`;
}
