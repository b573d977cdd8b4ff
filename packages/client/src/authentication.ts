import { hydrateError, InvalidMessageError } from '@asyngular/protocol';
import { parseAuthenticateReply, parseSetAuthToken } from '@asyngular/protocol/internal';
import type { Core } from './core.js';
import type { AuthState } from './events.js';
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

/**
 * The token and what the server thinks of it.
 * `unauthenticated ⇄ authenticated`; the state outlives connections and is corrected by the next
 * handshake. Tokens are read, never verified: only the server can do that.
 */
export class Authentication {
  readonly #core: Core;
  state: AuthState = 'unauthenticated';
  signedToken: string | null = null;
  /** The token's payload, or its undecodable second segment as text, or null. */
  token: any = null;
  /** Grows when the client gives up its token; an older handshake's verdict is void then. */
  epoch = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The stored token, to be sent with the handshake. */
  async load(): Promise<string | null> {
    const { authEngine, options } = this.#core;
    return (await authEngine.loadToken(options.authTokenName)) ?? null;
  }

  /** Takes over the handshake's verdict on `signedToken`, which was loaded in `epoch`. */
  onHandshake(signedToken: string | null, isAuthenticated: boolean, epoch: number): boolean {
    if (isAuthenticated && signedToken !== null && epoch === this.epoch) {
      this.#accept(signedToken);
      return true;
    }
    this.#clear();
    return false;
  }

  /** `#setAuthToken`: the token counts at once; storing it may take longer. Returns what was wrong with it. */
  onSetAuthToken(data: unknown): InvalidMessageError | undefined {
    const token = parseSetAuthToken(data);
    if (token === undefined) {
      const error = new InvalidMessageError(
        'The #setAuthToken event has no token string; it was ignored',
      );
      this.#core.onError(error);
      return error;
    }
    this.#accept(token);
    void this.#save(token);
    return undefined;
  }

  /** `#removeAuthToken`. */
  onRemoveAuthToken(): void {
    void this.#remove();
    this.#clear();
  }

  /** See `AGClientSocket.authenticate`. */
  authenticate(signedToken: string): Promise<AuthStatus> {
    return new Promise((resolve, reject) => {
      // Listeners of the events emitted below run before the caller continues.
      const settleLater = (settle: () => void) => this.#core.platform.setTimeout(settle, 0);
      this.#core.requests.call(
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
          const status = {
            isAuthenticated,
            authError: hydrateError(reply.authError) as Error | null,
          };
          if (isAuthenticated) {
            this.#accept(signedToken);
            void this.#save(signedToken).then(() => settleLater(() => resolve(status)));
          } else {
            this.#clear();
            settleLater(() => resolve(status));
          }
        },
        (error) => {
          if (!pathFailures.includes((error as Error | undefined)?.name ?? '')) {
            this.#clear();
          }
          settleLater(() => reject(error));
        },
      );
    });
  }

  /** See `AGClientSocket.deauthenticate`. */
  async deauthenticate(): Promise<void> {
    this.epoch++;
    const removed = this.#remove();
    if (!this.#core.isClosed) {
      this.#core.requests.transmit('#removeAuthToken');
    }
    this.#clear();
    await removed;
    await new Promise<void>((resolve) => this.#core.platform.setTimeout(resolve, 0));
  }

  /** Another tab stored or removed the token. */
  onStoredTokenChange(signedToken: string | null): void {
    if (signedToken === this.signedToken) {
      return;
    }
    if (signedToken === null) {
      void this.deauthenticate();
    } else if (!this.#core.isClosed) {
      // While closed there is nothing to do: the next handshake loads the new token.
      this.authenticate(signedToken).catch((error) => this.#core.onError(error));
    }
  }

  #accept(signedToken: string): void {
    const oldAuthState = this.state;
    this.state = 'authenticated';
    this.signedToken = signedToken;
    this.token = readTokenPayload(signedToken);
    const tokens = { signedAuthToken: signedToken, authToken: this.token };
    if (oldAuthState !== this.state) {
      this.#core.subscriptions.onAuthenticated();
      this.#core.emit('authStateChange', { oldAuthState, newAuthState: this.state, ...tokens });
    }
    this.#core.emit('authenticate', tokens);
  }

  #clear(): void {
    const oldAuthState = this.state;
    const old = { oldSignedAuthToken: this.signedToken, oldAuthToken: this.token };
    this.state = 'unauthenticated';
    this.signedToken = null;
    this.token = null;
    if (oldAuthState !== this.state) {
      this.#core.emit('authStateChange', { oldAuthState, newAuthState: this.state });
      this.#core.emit('deauthenticate', old);
    }
  }

  #save(signedToken: string): Promise<void> {
    return this.#store((engine, name) => engine.saveToken(name, signedToken, {}));
  }

  #remove(): Promise<void> {
    return this.#store(async (engine, name) => {
      const oldAuthToken = (await engine.removeToken(name)) ?? null;
      this.#core.emit('removeAuthToken', { oldAuthToken });
    });
  }

  /** Failures of the storage are events, nobody waits for them. */
  async #store(use: (engine: AuthEngine, tokenName: string) => unknown): Promise<void> {
    const { authEngine, options } = this.#core;
    try {
      await use(authEngine, options.authTokenName);
    } catch (error) {
      this.#core.onError(error);
    }
  }
}
