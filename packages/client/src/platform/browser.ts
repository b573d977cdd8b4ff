import { commonPlatform } from './common.js';
import type { Platform, WakeUpReason, WebSocketLike } from './platform.js';

/** Listens on a target that may be missing (workers have no `document`, React Native no `window`). */
function listen(
  target: Pick<EventTarget, 'addEventListener' | 'removeEventListener'> | undefined,
  type: string,
  listener: (event: any) => void,
): () => void {
  if (typeof target?.addEventListener !== 'function') {
    return () => {};
  }
  target.addEventListener(type, listener);
  return () => target.removeEventListener(type, listener);
}

function watchWakeUp(listener: (reason: WakeUpReason) => void): () => void {
  const page = globalThis.document as Document | undefined;
  const stops = [
    listen(globalThis, 'online', () => listener('online')),
    listen(globalThis, 'pageshow', (event: PageTransitionEvent) => {
      // The first `pageshow` of a page is its load, not a return.
      if (event.persisted) {
        listener('pageshow');
      }
    }),
    listen(page, 'visibilitychange', () => {
      if (page?.visibilityState === 'visible') {
        listener('visible');
      }
    }),
    listen(page, 'resume', () => listener('resume')),
  ];
  return () => {
    for (const stop of stops) {
      stop();
    }
  };
}

/** Browsers and workers: the platform's own WebSocket, the page's address, `localStorage`. */
export const platform: Platform = {
  ...commonPlatform,
  createWebSocket: (uri) => new WebSocket(uri) as WebSocketLike,
  location() {
    const location = globalThis.location as Location | undefined;
    // File pages and blob workers have no host to connect to.
    return location?.hostname
      ? {
          hostname: location.hostname,
          port: location.port,
          secure: location.protocol === 'https:',
        }
      : undefined;
  },
  storage: () => globalThis.localStorage as Storage | undefined,
  watchStorage: (listener) =>
    listen(globalThis, 'storage', (event: StorageEvent) => listener(event.key, event.newValue)),
  watchWakeUp,
  watchPageHide: (listener) => listen(globalThis, 'pagehide', listener),
};
