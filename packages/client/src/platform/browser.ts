import { commonPlatform } from './common.js';
import type { PageLocation, Platform, WebSocketLike } from './platform.js';

/** Listens to the window, until the returned function is called. Workers and React Native have fewer of these events. */
function listen(listeners: Record<string, (event: any) => void>): () => void {
  const each = (method: 'addEventListener' | 'removeEventListener') => {
    for (const [type, listener] of Object.entries(listeners)) {
      // Captured in pages: some events are the document's and do not bubble, but pass the window on their way.
      globalThis[method]?.(type, listener, 'document' in globalThis);
    }
  };
  each('addEventListener');
  return () => each('removeEventListener');
}

/**
 * Where the page came from. Workers made of a blob and frames made of text (`srcdoc`, `about:blank`) have an
 * address without a host: for them that of the page which made them counts, by its origin or, in a sandbox, by
 * the address that their links start from.
 */
function hostedLocation(): PageLocation | undefined {
  const { location, origin, document } = globalThis;
  const base = [location?.href, origin, document?.baseURI].find((uri) => /^https?:/.test(uri));
  return base === undefined ? location : new URL(base);
}

/** Browsers and workers: the platform's own WebSocket, the page's address, `localStorage`. */
export const platform: Platform = {
  ...commonPlatform,
  createWebSocket: (uri) => new WebSocket(uri) as WebSocketLike,
  location: hostedLocation,
  storage: () => globalThis.localStorage as Storage | undefined,
  watchStorage: (listener) =>
    listen({ storage: (event: StorageEvent) => listener(event.key, event.newValue) }),
  watchWakeUp: (listener) =>
    listen({
      online: listener,
      resume: listener,
      // The first `pageshow` of a page is its load, not a return.
      pageshow: ({ persisted }) => persisted && listener(),
      visibilitychange: () => document.hidden || listener(),
    }),
  // A page that ends, by a reload for instance, the browser disconnects itself, with 1001: by that the server knows
  // that somebody may be back at once.
  watchPageHide: (listener) => listen({ pagehide: ({ persisted }) => persisted && listener() }),
};
