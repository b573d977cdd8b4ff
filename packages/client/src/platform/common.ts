import type { Platform } from './platform.js';

function noop(): void {}

/** UUID v4 from any source of random bytes; `crypto.randomUUID` exists in secure pages only. */
export function randomId(): string {
  const crypto = globalThis.crypto as Crypto | undefined;
  if (typeof crypto?.randomUUID === 'function') {
    return crypto.randomUUID();
  }
  const bytes = new Uint8Array(16);
  if (crypto) {
    crypto.getRandomValues(bytes);
  } else {
    // React Native without a polyfill: the id names a client, it protects nothing.
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = Math.random() * 256;
    }
  }
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** What Node and browsers share; globals are looked up per call so that fake timers take effect. */
export const commonPlatform = {
  now: () => performance.now(),
  random: () => Math.random(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle),
  randomId,
  location: () => undefined,
  storage: () => undefined,
  watchStorage: () => noop,
  watchWakeUp: () => noop,
  watchPageHide: () => noop,
} satisfies Omit<Platform, 'createWebSocket'>;
