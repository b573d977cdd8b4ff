import { TimeoutError } from '@asyngular/protocol';
import { development } from '#development';
import { type Context, emitError } from '../context.js';
import { createLatestJob } from './latest-job.js';
import {
  initialTokenState,
  isDoomed,
  removing,
  saved,
  saving,
  type TokenState,
} from './token-state.js';

/**
 * The token of a socket with its place in the storage. Only one change of the storage is under way at a time, and
 * only the newest of those that wait is made, so the storage ends as the socket last wanted it, however long the
 * auth engine takes. Its failures are `error` events, because no caller waits for them.
 */
export interface StoredToken {
  state: TokenState;
  /** Reads after all changes. Rejects with what the auth engine rejects with. */
  load(): Promise<string | null>;
  /** Resolves, as `remove()` does, when no change is under way. */
  save(token: string): Promise<void>;
  /** Removes what is stored if it is one of the doomed tokens: another tab may have stored a later one. */
  remove(): Promise<void>;
}

export function createStoredToken(context: Context): StoredToken {
  const changes = createLatestJob((error) => emitError(context, error));
  const token: StoredToken = {
    state: initialTokenState,

    async load() {
      let loaded: string | null;
      do {
        await changes.busy;
        loaded = await read();
      } while (changes.busy);
      return loaded;
    },

    save: (text) =>
      change(async () => {
        const { authEngine, authTokenName } = context.options;
        token.state = saving(token.state, text);
        await authEngine.saveToken(authTokenName, text, {});
        token.state = saved(token.state, text);
      }),

    remove: () => change(removeDoomed),
  };

  async function removeDoomed(): Promise<void> {
    const { authEngine, authTokenName } = context.options;
    // What cannot be read is removed all the same: a logout that leaves a token would be worse.
    const found = await read().catch(() => null);
    const { state } = token;
    token.state = removing(state, found);
    if (isDoomed(state, found)) {
      const oldAuthToken = await authEngine.removeToken(authTokenName);
      context.emit('removeAuthToken', { oldAuthToken });
    }
  }

  async function read(): Promise<string | null> {
    const { authEngine, authTokenName } = context.options;
    return (await authEngine.loadToken(authTokenName)) ?? null;
  }

  /** A storage that does not answer within `ackTimeout` holds up neither later changes nor handshakes. */
  function change(job: () => Promise<void>): Promise<void> {
    const { platform } = context;
    return changes.run(
      () =>
        new Promise((resolve, reject) => {
          const { ackTimeout } = context.options;
          const timer = platform.setTimeout(
            () =>
              reject(
                new TimeoutError(
                  development
                    ? `The auth engine did not answer within ${ackTimeout} ms`
                    : 'authEngine',
                ),
              ),
            ackTimeout,
          );
          job()
            .then(resolve, reject)
            .finally(() => platform.clearTimeout(timer));
        }),
    );
  }

  return token;
}
