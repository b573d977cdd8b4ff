import type { Platform } from './platform.js';

/** What Node and browsers share; globals are looked up per call so that fake timers take effect. */
export const commonPlatform: Pick<
  Platform,
  'now' | 'wallNow' | 'random' | 'setTimeout' | 'clearTimeout' | 'randomId' | 'address'
> = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  random: () => Math.random(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
  // `crypto.randomUUID` exists in secure pages only, and React Native has no `crypto`. The id names a
  // client; whoever guessed it could do no more than hide publications from that client (P18.2).
  randomId: () =>
    globalThis.crypto?.randomUUID?.() ??
    'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () =>
      Math.trunc(Math.random() * 16).toString(16),
    ),
  address({ secure, hostname, port }) {
    // An IPv6 address needs brackets.
    const host = hostname.replace(/^[^[]*:.*/, '[$&]');
    const isDefaultPort = Number(port) === (secure ? 443 : 80);
    return `${secure ? 'wss' : 'ws'}://${host}${isDefaultPort ? '' : `:${port}`}`;
  },
};
