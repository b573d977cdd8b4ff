import { hydrateError, InvalidMessageError } from '@asyngular/protocol';
import { parseAuthenticateReply, parseSetAuthToken } from '@asyngular/protocol/internal';
import type { AuthState, EmitEvent } from './events.js';
import { readTokenPayload } from './token-payload.js';
import type { AuthEngine } from './token-storage.js';

/** What `authenticate()` resolves to. */
export interface AuthStatus {
  isAuthenticated: boolean;
  /** Why the server did not accept the token, or null. */
  authError: Error | null;
}

export interface AuthenticationHost {
  readonly emit: EmitEvent;
  readonly engine: AuthEngine;
  readonly tokenName: string;
  readonly isClosed: boolean;
  /** Starts a call; exactly one of the callbacks runs, in order with other inbound packets. */
  call(
    event: string,
    data: unknown,
    resolve: (data: unknown) => void,
    reject: (error: unknown) => void,
  ): void;
  transmit(event: string): void;
  /** Channels that wait for authentication may be subscribed now. */
  onAuthenticated(): void;
  setTimeout(callback: () => void, delayMs: number): unknown;
}

/** Failures of the path to the server: they say nothing about the token. */
const pathFailures = new Set(['BadConnectionError', 'TimeoutError', 'QueueFullError']);

/** Runs engine code so that a synchronous throw is a rejection too. */
async function attempt<T>(run: () => T | Promise<T>): Promise<T> {
  return run();
}

/**
 * The token and what the server thinks of it.
 * `unauthenticated ⇄ authenticated`; the state outlives connections and is corrected by the next
 * handshake. Tokens are read, never verified: only the server can do that.
 */
export class Authentication {
  readonly #host: AuthenticationHost;
  #state: AuthState = 'unauthenticated';
  #signedToken: string | null = null;
  #token: any = null;
  /** Grows when the client gives up its token; an older handshake's verdict is void then. */
  #epoch = 0;

  constructor(host: AuthenticationHost) {
    this.#host = host;
  }

  get state(): AuthState {
    return this.#state;
  }

  get signedToken(): string | null {
    return this.#signedToken;
  }

  /** The token's payload, or its undecodable second segment as text, or null. */
  get token(): any {
    return this.#token;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The stored token, to be sent with the handshake. */
  async load(): Promise<string | null> {
    return (await this.#host.engine.loadToken(this.#host.tokenName)) ?? null;
  }

  /** Takes over the handshake's verdict on `signedToken`, which was loaded in `epoch`. */
  onHandshake(signedToken: string | null, isAuthenticated: boolean, epoch: number): boolean {
    if (isAuthenticated && signedToken !== null && epoch === this.#epoch) {
      this.#accept(signedToken);
      return true;
    }
    this.#clear();
    return false;
  }

  /** `#setAuthToken`: the token counts at once; storing it may take longer. */
  onSetAuthToken(data: unknown): InvalidMessageError | undefined {
    const token = parseSetAuthToken(data);
    if (token === undefined) {
      return new InvalidMessageError(
        data === undefined || data === null
          ? 'No token data provided by #setAuthToken event'
          : 'The token provided by #setAuthToken event is not a string; it was ignored',
      );
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
      const settleLater = (settle: () => void) => this.#host.setTimeout(settle, 0);
      this.#host.call(
        '#authenticate',
        signedToken,
        (data) => {
          const reply = parseAuthenticateReply(data);
          if (!reply) {
            // Believing an unreadable answer would authenticate with an unverified token.
            reject(
              new InvalidMessageError(
                'The server sent a malformed #authenticate response; the authentication state did not change',
              ),
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
          if (!pathFailures.has((error as Error | undefined)?.name ?? '')) {
            this.#clear();
          }
          settleLater(() => reject(error));
        },
      );
    });
  }

  /** See `AGClientSocket.deauthenticate`. */
  async deauthenticate(): Promise<void> {
    this.#epoch++;
    const removed = this.#remove();
    if (!this.#host.isClosed) {
      this.#host.transmit('#removeAuthToken');
    }
    this.#clear();
    await removed;
    await new Promise<void>((resolve) => this.#host.setTimeout(resolve, 0));
  }

  /** Another tab stored or removed the token. */
  onStoredTokenChange(signedToken: string | null): void {
    if (signedToken === this.#signedToken) {
      return;
    }
    if (signedToken === null) {
      void this.deauthenticate();
    } else if (!this.#host.isClosed) {
      // While closed there is nothing to do: the next handshake loads the new token.
      this.authenticate(signedToken).catch((error) => this.#host.emit('error', { error }));
    }
  }

  #accept(signedToken: string): void {
    const oldAuthState = this.#state;
    this.#state = 'authenticated';
    this.#signedToken = signedToken;
    this.#token = readTokenPayload(signedToken);
    const tokens = { signedAuthToken: signedToken, authToken: this.#token };
    if (oldAuthState !== this.#state) {
      this.#host.onAuthenticated();
      this.#host.emit('authStateChange', { oldAuthState, newAuthState: this.#state, ...tokens });
    }
    this.#host.emit('authenticate', tokens);
  }

  #clear(): void {
    const oldAuthState = this.#state;
    const old = { oldSignedAuthToken: this.#signedToken, oldAuthToken: this.#token };
    this.#state = 'unauthenticated';
    this.#signedToken = null;
    this.#token = null;
    if (oldAuthState !== this.#state) {
      this.#host.emit('authStateChange', { oldAuthState, newAuthState: this.#state });
      this.#host.emit('deauthenticate', old);
    }
  }

  async #save(signedToken: string): Promise<void> {
    const { engine, tokenName } = this.#host;
    try {
      await attempt(() => engine.saveToken(tokenName, signedToken, {}));
    } catch (error) {
      this.#host.emit('error', { error });
    }
  }

  async #remove(): Promise<void> {
    const { engine, tokenName } = this.#host;
    try {
      const oldAuthToken = await attempt(() => engine.removeToken(tokenName));
      this.#host.emit('removeAuthToken', { oldAuthToken: oldAuthToken ?? null });
    } catch (error) {
      this.#host.emit('error', { error });
    }
  }
}
