/**
 * Keeps the login token in `sessionStorage`: it survives a reload, and every tab has its own.
 * (The client's default, `localStorage`, would share one login between all tabs of this site.)
 */
export function createTabSession() {
  return {
    async loadToken(key: string): Promise<string | null> {
      return sessionStorage.getItem(key);
    },
    async saveToken(key: string, token: string): Promise<string> {
      sessionStorage.setItem(key, token);
      return token;
    },
    async removeToken(key: string): Promise<string | null> {
      const token = sessionStorage.getItem(key);
      sessionStorage.removeItem(key);
      return token;
    },
  };
}
