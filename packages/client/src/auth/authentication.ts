import { hydrateError, InvalidMessageError } from '@asyngular/protocol';
import { parseAuthenticateReply, parseSetAuthToken } from '@asyngular/protocol/internal';
import { type Core, emitError } from '../core.js';
import type { ResolvedOptions } from '../options/options.js';
import { readTokenPayload } from './token-payload.js';

/** What `authenticate()` resolves to. */
export interface AuthStatus {
  isAuthenticated: boolean;
  /** Why the server did not accept the token, or null. */
  authError: Error | null;
}

/** Failures of the path to the server: they say nothing about the token. */
const pathFailures = ['BadConnectionError', 'TimeoutError', 'QueueFullError', 'AbortError'];

export type Authentication = ReturnType<typeof createAuthentication>;

/**
 * The token and what the server thinks of it.
 * `unauthenticated ⇄ authenticated`; the state outlives connections and is corrected by the next
 * handshake. Tokens are read, never verified: only the server can do that.
 */
export function createAuthentication(core: Core) {
  /** The client gave up its token since it was loaded: the handshake's verdict on it is void. */
  let isGivenUp = false;

  /** The stored token, to be sent with the handshake. */
  async function loadStored(): Promise<string | null> {
    const { authEngine, authTokenName } = core.options;
    isGivenUp = false;
    return (await authEngine.loadToken(authTokenName)) ?? null;
  }

  /** The handshake's verdict on the token that was loaded. */
  function onVerdict(token: string | null, isAccepted: boolean): void {
    take(isAccepted && !isGivenUp ? token : null);
  }

  /** `#setAuthToken`: the token counts at once; storing it may take longer. Returns what was wrong with it. */
  function onSetAuthToken(data: unknown): InvalidMessageError | undefined {
    const token = parseSetAuthToken(data);
    if (token === undefined) {
      const error = new InvalidMessageError('The #setAuthToken event has no token');
      emitError(core, error);
      return error;
    }
    take(token);
    void save(token);
    return undefined;
  }

  /** `#removeAuthToken`: neither side accepts the token any more. Resolves when it is out of the storage. */
  function onRemoveAuthToken(): Promise<void> {
    take(null);
    return quietly(async ({ authEngine, authTokenName }) => {
      core.emit('removeAuthToken', { oldAuthToken: await authEngine.removeToken(authTokenName) });
    });
  }

  /** See `AGClientSocket.authenticate`. */
  async function authenticate(signedToken: string): Promise<AuthStatus> {
    try {
      return await new Promise((resolve, reject) => {
        core.requests.call(
          '#authenticate',
          signedToken,
          undefined,
          (data) => resolve(onReply(signedToken, data)),
          (error: any) => {
            // What failed on this side says nothing about the token.
            if (!pathFailures.includes(error?.name)) {
              take(null);
            }
            reject(error);
          },
        );
      });
    } finally {
      await nextTurn();
    }
  }

  async function onReply(signedToken: string, data: unknown): Promise<AuthStatus> {
    const reply = parseAuthenticateReply(data);
    if (!reply) {
      // Believing an unreadable answer would authenticate with an unverified token.
      throw new InvalidMessageError('The #authenticate response has no isAuthenticated');
    }
    const { isAuthenticated } = reply;
    take(isAuthenticated ? signedToken : null);
    if (isAuthenticated) {
      await save(signedToken);
    }
    return { isAuthenticated, authError: hydrateError(reply.authError) as Error | null };
  }

  /** See `AGClientSocket.deauthenticate`. */
  async function deauthenticate(): Promise<void> {
    isGivenUp = true;
    if (core.state !== 'closed') {
      core.requests.transmit('#removeAuthToken');
    }
    await onRemoveAuthToken();
    await nextTurn();
  }

  /** Another tab stored or removed something; a null key means that the whole storage was cleared. */
  function onStorageChange(key: string | null, token: string | null): void {
    const isOurs = key === core.options.authTokenName || key === null;
    if (isOurs && token !== core.signedAuthToken) {
      if (token === null) {
        void deauthenticate();
      } else if (core.state !== 'closed') {
        // While closed there is nothing to do: the next handshake loads the new token.
        void quietly(() => authenticate(token));
      }
    }
  }

  /** The token that counts from now on, or null: the state of authentication follows it. */
  function take(signedAuthToken: string | null): void {
    const {
      authState: oldAuthState,
      signedAuthToken: oldSignedAuthToken,
      authToken: oldAuthToken,
    } = core;
    const newAuthState = signedAuthToken === null ? 'unauthenticated' : 'authenticated';
    const authToken = readTokenPayload(signedAuthToken);
    const tokens = signedAuthToken !== null && { signedAuthToken, authToken };
    Object.assign(core, { authState: newAuthState, signedAuthToken, authToken });
    if (oldAuthState !== newAuthState) {
      // Channels that waited for it are requested.
      if (!core.preparingPendingSubscriptions) {
        core.subscriptions.processPending();
      }
      core.emit('authStateChange', { oldAuthState, newAuthState, ...tokens });
      if (!tokens) {
        core.emit('deauthenticate', { oldSignedAuthToken, oldAuthToken });
      }
    }
    if (tokens) {
      core.emit('authenticate', tokens);
    }
  }

  function save(signedToken: string): Promise<void> {
    return quietly(({ authEngine, authTokenName }) =>
      authEngine.saveToken(authTokenName, signedToken, {}),
    );
  }

  /** Failures of the storage are events, nobody waits for them. */
  async function quietly(use: (options: ResolvedOptions) => unknown): Promise<void> {
    try {
      await use(core.options);
    } catch (error) {
      emitError(core, error);
    }
  }

  /** Later than the listeners of the events emitted so far. */
  function nextTurn(): Promise<void> {
    return new Promise((resolve) => core.platform.setTimeout(resolve, 0));
  }

  return {
    loadStored,
    onVerdict,
    onSetAuthToken,
    onRemoveAuthToken,
    authenticate,
    deauthenticate,
    onStorageChange,
  };
}
