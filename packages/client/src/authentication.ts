import { hydrateError, InvalidMessageError } from '@asyngular/protocol';
import { parseAuthenticateReply, parseSetAuthToken } from '@asyngular/protocol/internal';
import { type Core, emitError } from './core.js';
import { readTokenPayload } from './token-payload.js';
import type { AuthEngine } from './token-storage.js';

/** What `authenticate()` resolves to. */
export interface AuthStatus {
  isAuthenticated: boolean;
  /** Why the server did not accept the token, or null. */
  authError: Error | null;
}

/** Failures of the path to the server: they say nothing about the token. */
const pathFailures = ['BadConnectionError', 'TimeoutError', 'QueueFullError'];

export type Authentication = ReturnType<typeof createAuthentication>;

/**
 * The token and what the server thinks of it.
 * `unauthenticated ⇄ authenticated`; the state outlives connections and is corrected by the next
 * handshake. Tokens are read, never verified: only the server can do that.
 */
export function createAuthentication(core: Core) {
  /** Grows when the client gives up its token; an older handshake's verdict is void then. */
  let epoch = 0;

  /** The stored token, to be sent with the handshake, and what takes over the handshake's verdict on it. */
  async function load(): Promise<[string | null, (isAccepted: boolean) => boolean]> {
    const epochOfToken = epoch;
    const token = (await store((engine, name) => engine.loadToken(name))) ?? null;
    return [
      token,
      (isAccepted) => {
        if (isAccepted && token !== null && epochOfToken === epoch) {
          accept(token);
          return true;
        }
        clear();
        return false;
      },
    ];
  }

  /** `#setAuthToken`: the token counts at once; storing it may take longer. Returns what was wrong with it. */
  function onSetAuthToken(data: unknown): InvalidMessageError | undefined {
    const token = parseSetAuthToken(data);
    if (token === undefined) {
      const error = new InvalidMessageError(
        'The #setAuthToken event has no token string; it was ignored',
      );
      emitError(core, error);
      return error;
    }
    accept(token);
    void save(token);
    return undefined;
  }

  /** `#removeAuthToken`: neither side accepts the token any more. Resolves when it is out of the storage. */
  function onRemoveAuthToken(): Promise<void> {
    const removed = quietly(async (engine, name) => {
      const oldAuthToken = (await engine.removeToken(name)) ?? null;
      core.emit('removeAuthToken', { oldAuthToken });
    });
    clear();
    return removed;
  }

  /** See `AGClientSocket.authenticate`. */
  function authenticate(signedToken: string): Promise<AuthStatus> {
    return new Promise((resolve, reject) => {
      core.requests.call(
        '#authenticate',
        signedToken,
        undefined,
        (data) => {
          const reply = parseAuthenticateReply(data);
          if (!reply) {
            // Believing an unreadable answer would authenticate with an unverified token.
            reject(
              new InvalidMessageError('The #authenticate response is malformed; it was ignored'),
            );
            return;
          }
          const { isAuthenticated } = reply;
          const authError = hydrateError(reply.authError) as Error | null;
          let done: unknown;
          if (isAuthenticated) {
            accept(signedToken);
            done = save(signedToken);
          } else {
            clear();
          }
          void nextTurn(done).then(() => resolve({ isAuthenticated, authError }));
        },
        (error: any) => {
          if (!pathFailures.includes(error?.name)) {
            clear();
          }
          void nextTurn().then(() => reject(error));
        },
      );
    });
  }

  /** See `AGClientSocket.deauthenticate`. */
  async function deauthenticate(): Promise<void> {
    epoch++;
    if (core.state !== 'closed') {
      core.requests.transmit('#removeAuthToken');
    }
    await nextTurn(onRemoveAuthToken());
  }

  /** Another tab stored or removed the token. */
  function onStoredTokenChange(signedToken: string | null): void {
    if (signedToken !== core.signedAuthToken) {
      if (signedToken === null) {
        void deauthenticate();
      } else if (core.state !== 'closed') {
        // While closed there is nothing to do: the next handshake loads the new token.
        authenticate(signedToken).catch((error) => emitError(core, error));
      }
    }
  }

  function accept(signedAuthToken: string): void {
    const oldAuthState = core.authState;
    const authToken = readTokenPayload(signedAuthToken);
    core.authState = 'authenticated';
    core.signedAuthToken = signedAuthToken;
    core.authToken = authToken;
    const tokens = { signedAuthToken, authToken };
    if (oldAuthState !== 'authenticated') {
      // Channels that waited for it are requested.
      if (!core.preparingPendingSubscriptions) {
        core.subscriptions.processPending();
      }
      core.emit('authStateChange', { oldAuthState, newAuthState: 'authenticated', ...tokens });
    }
    core.emit('authenticate', tokens);
  }

  function clear(): void {
    const { authState: oldAuthState, signedAuthToken: oldSignedAuthToken, authToken: oldAuthToken } = core;
    core.authState = 'unauthenticated';
    core.signedAuthToken = core.authToken = null;
    if (oldAuthState === 'authenticated') {
      core.emit('authStateChange', { oldAuthState, newAuthState: 'unauthenticated' });
      core.emit('deauthenticate', { oldSignedAuthToken, oldAuthToken });
    }
  }

  function save(signedToken: string): Promise<void> {
    return quietly((engine, name) => engine.saveToken(name, signedToken, {}));
  }

  /** Failures of the storage are events, nobody waits for them. */
  async function quietly(use: (engine: AuthEngine, tokenName: string) => unknown): Promise<void> {
    try {
      await store(use);
    } catch (error) {
      emitError(core, error);
    }
  }

  function store<T>(use: (engine: AuthEngine, tokenName: string) => T): T {
    const { authEngine, authTokenName } = core.options;
    return use(authEngine ?? core.tokenStorage, authTokenName);
  }

  /** Later than the listeners of the events emitted so far. */
  async function nextTurn(done?: unknown): Promise<void> {
    await done;
    await new Promise<void>((resolve) => core.platform.setTimeout(resolve, 0));
  }

  return {
    load,
    onSetAuthToken,
    onRemoveAuthToken,
    authenticate,
    deauthenticate,
    onStoredTokenChange,
  };
}
