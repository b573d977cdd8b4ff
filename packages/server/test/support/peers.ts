import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../../peers/package.json', import.meta.url));

function hasPeers(): boolean {
  try {
    require.resolve('socketcluster-client');
    return true;
  } catch {
    return false;
  }
}

/** Published clients are installed by `npm run peers`; without them interop tests are skipped. */
export const peersInstalled = hasPeers();

export function loadPeer(name: string): any {
  return require(name);
}
