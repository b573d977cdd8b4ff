/** An auth engine in memory that tells what was done with it. */
export function engine(token: string | null = null) {
  const calls: string[] = [];
  const state = {
    token,
    calls,
    loadToken: async () => {
      calls.push('load');
      return state.token;
    },
    saveToken: async (_name: string, signed: string) => {
      calls.push(`save ${signed}`);
      state.token = signed;
      return signed;
    },
    removeToken: async () => {
      calls.push('remove');
      const old = state.token;
      state.token = null;
      return old;
    },
  };
  return state;
}
