import type { Platform } from './platform.js';

/** UUID v4 from any source of random bytes; `crypto.randomUUID` exists in secure pages only. */
export function randomId(): string {
  const crypto = globalThis.crypto as Crypto | undefined;
  if (typeof crypto?.randomUUID === 'function') {
    return crypto.randomUUID();
  }
  // React Native without a polyfill has no `crypto`: the id names a client, it protects nothing.
  const randomByte = () => crypto?.getRandomValues(new Uint8Array(1))[0] ?? Math.random() * 256;
  return '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, (digit) =>
    (Number(digit) ^ (randomByte() & (15 >> (Number(digit) / 4)))).toString(16),
  );
}

/** What Node and browsers share; globals are looked up per call so that fake timers take effect. */
export const commonPlatform: Pick<
  Platform,
  'now' | 'random' | 'setTimeout' | 'clearTimeout' | 'randomId'
> = {
  now: () => performance.now(),
  random: () => Math.random(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle),
  randomId,
};
