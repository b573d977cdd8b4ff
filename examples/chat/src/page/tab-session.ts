import type { AuthEngine } from '@asyngular/client';

/**
 * Keeps the login token in `sessionStorage`: it survives a reload, and every tab has its own.
 * (The client's default, `localStorage`, would share one login between all tabs of this site.)
 */
export function createTabSession(): AuthEngine {
  return {
    async loadToken(key) {
      return sessionStorage.getItem(key);
    },
    async saveToken(key, token) {
      sessionStorage.setItem(key, token);
      return token;
    },
    async removeToken(key) {
      const token = sessionStorage.getItem(key);
      sessionStorage.removeItem(key);
      return token;
    },
  };
}
