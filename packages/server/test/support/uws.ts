import { createRequire } from 'node:module';
import type { UwsModule } from '../../src/uws.js';

const requirePeer = createRequire(new URL('../../../../peers/package.json', import.meta.url));

/** uWebSockets.js, which no package of ours depends on: it is one of the peers. */
export function loadUws(): UwsModule {
  try {
    return requirePeer('@trufflesuite/uws-js-unofficial');
  } catch (cause) {
    throw new Error('uWebSockets.js is missing. Install it with: npm run peers', { cause });
  }
}
