import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * The published packages we compare with live outside the workspaces (peers/), so that nothing of
 * ours resolves to them by accident. Install them with `npm ci --prefix peers`.
 */
const requirePeer = createRequire(new URL('../../peers/package.json', import.meta.url));
const requireHere = createRequire(import.meta.url);

/** Loads a peer; its types are not ours to check, hence `any`. */
export function loadPeer(name: string): any {
  return requirePeer(name);
}

/** Version of an installed package, undefined when it is not installed (or not built). */
export function installedVersion(name: string, from: 'peers' | 'here'): string | undefined {
  const { resolve } = from === 'peers' ? requirePeer : requireHere;
  for (const folder of resolve.paths(name) ?? []) {
    const path = `${folder}/${name}/package.json`;
    if (!existsSync(path)) continue;
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  }
  return undefined;
}
