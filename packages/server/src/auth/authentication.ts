import {
  AuthError,
  AuthTokenExpiredError,
  InvalidActionError,
  InvalidArgumentsError,
  protocolEvents,
} from '@asyngular/protocol';
import { type Deadline, MAX_TIMEOUT_MS } from '@asyngular/protocol/internal';
import type { AuthState } from '../events/socket-events.js';
import { ActionBase } from '../middleware/action.js';
import type { BlockedAction } from '../middleware/middleware.js';
import { deadlines } from '../turns/deadlines.js';
import { harmless } from '../turns/harmless.js';
import type { SignTokenOptions } from './auth-engine.js';
import type { AuthOwner } from './auth-owner.js';
import { type SignedToken, signToken } from './sign-token.js';
import { lapsesAtMs } from './token-lapse.js';
import { verifyToken } from './verify-token.js';

type Token = Record<string, any>;

/** Options of `socket.setAuthToken()`: those of signing, and how delivery is confirmed. */
export interface SetAuthTokenOptions extends SignTokenOptions {
  /** Wait for the client's confirmation and reject without it. Default `false`. */
  rejectOnFailedDelivery?: boolean;
}

/** What verification found. */
export interface VerifiedToken {
  readonly authToken: Token | null;
  readonly error: Error | undefined;
}

/** The auth token of one socket: verifying, setting, losing it. */
export class SocketAuthentication {
  state: AuthState = 'unauthenticated';
  authToken: Token | null = null;
  signedAuthToken: string | null = null;
  readonly #session: AuthOwner;
  #expiry: Deadline | undefined;
  /** The last call of `setAuthToken()`, settled when its token is set. Never rejects. */
  #setting: Promise<unknown> | undefined;
  /** How often the token was taken away on purpose. */
  #logouts = 0;

  constructor(session: AuthOwner) {
    this.#session = session;
  }

  stop(): void {
    if (this.#expiry) deadlines.cancel(this.#expiry);
    this.#expiry = undefined;
  }

  /** Checks a signed token; any failure becomes an `AuthToken…Error`. */
  async verify(signedAuthToken: unknown): Promise<VerifiedToken> {
    const { socket, core } = this.#session;
    try {
      const authToken = await verifyToken(core, signedAuthToken, socket);
      return { authToken, error: undefined };
    } catch (error) {
      return { authToken: null, error: error as Error };
    }
  }

  /**
   * A client presents a token on an open socket. Resolves to the error that left the socket
   * unauthenticated, or to `undefined`.
   */
  async authenticate(signedAuthToken: unknown): Promise<unknown> {
    const verified = await this.verify(signedAuthToken);
    if (this.#session.isClosed) return undefined;
    const oldState = this.state;
    const error = await this.adopt(signedAuthToken, verified);
    if (this.#session.isClosed) return undefined;
    if (error === undefined) this.triggerEvents(oldState);
    return error;
  }

  /** Makes a verified token the socket's own, if the inbound line agrees. Emits no auth events on success. */
  async adopt(signedAuthToken: unknown, verified: VerifiedToken): Promise<unknown> {
    const session = this.#session;
    let error: unknown = verified.error;
    if (error === undefined && session.core.middleware.inbound) {
      error = await this.#passMiddleware(signedAuthToken, verified.authToken!);
      if (session.isClosed) return undefined;
    }
    if (error === undefined) {
      this.#commit(verified.authToken!, signedAuthToken as string);
      return undefined;
    }
    if (this.state === 'authenticated') this.#forget();
    if ((error as { isBadToken?: unknown }).isBadToken) {
      this.#reportBadToken(error as Error, signedAuthToken);
    }
    return error;
  }

  async #passMiddleware(signedAuthToken: unknown, authToken: Token): Promise<unknown> {
    const session = this.#session;
    const { socket, lanes } = session;
    const action = new ActionBase('authenticate', { socket, signedAuthToken, authToken });
    try {
      await lanes.useInbound('authenticate')?.process(action);
      return undefined;
    } catch (blocked) {
      if (session.isClosed) return undefined;
      lanes.reportBlocked(blocked as BlockedAction);
      return (blocked as BlockedAction).clientError;
    }
  }

  #reportBadToken(authError: Error, signedAuthToken: unknown): void {
    const signed = signedAuthToken as string;
    this.#session.emitError(authError);
    this.#session.announce('badAuthToken', { authError, signedAuthToken: signed });
  }

  #commit(authToken: Token, signedAuthToken: string): void {
    this.stop();
    this.authToken = authToken;
    this.signedAuthToken = signedAuthToken;
    this.state = 'authenticated';
    this.#watchExpiry();
    this.#session.core.users?.identify(this.#session);
  }

  /** `authStateChange` if there was a change, then `authenticate`; each with its server twin. */
  triggerEvents(oldAuthState: AuthState): void {
    const { authToken } = this;
    if (oldAuthState !== 'authenticated') {
      const change = { oldAuthState, newAuthState: this.state, authToken };
      this.#session.announce('authStateChange', change);
    }
    this.#session.announce('authenticate', { authToken });
  }

  /**
   * The application or the client wants the socket to have no token: neither the present one, nor one that is
   * being signed. `deauthenticate` fires in any case. The client is not informed.
   */
  deauthenticateSelf(): void {
    this.#logouts++;
    this.#forget();
  }

  /** The token has gone: lapsed, replaced by a bad one, or not wanted any more. */
  #forget(): void {
    const oldAuthState = this.state;
    const oldAuthToken = this.authToken;
    this.stop();
    this.authToken = null;
    this.signedAuthToken = null;
    this.state = 'unauthenticated';
    this.#session.core.users?.identify(this.#session);
    if (oldAuthState !== 'unauthenticated') {
      const change = { oldAuthState, newAuthState: 'unauthenticated' as const };
      this.#session.announce('authStateChange', change);
    }
    this.#session.announce('deauthenticate', { oldAuthToken });
  }

  /** Tells the client to forget its token; nothing happens when it is gone. */
  tellRemoved(): void {
    if (this.#session.isOpen)
      this.#session.outbound.send({ event: protocolEvents.removeAuthToken });
  }

  async deauthenticate(rejectOnFailedDelivery: boolean): Promise<void> {
    this.deauthenticateSelf();
    const session = this.#session;
    if (!rejectOnFailedDelivery) {
      this.tellRemoved();
      return;
    }
    try {
      await session.invoke(
        protocolEvents.removeAuthToken,
        undefined,
        session.core.server.ackTimeout,
      );
    } catch (error) {
      session.emitError(error);
      throw error;
    }
  }

  /** Whether a token has lapsed under the server's rules of verification. */
  isExpired(token: { exp?: unknown } | null): boolean {
    return Date.now() >= this.#lapsesAtMs(token);
  }

  #lapsesAtMs(token: { exp?: unknown } | null): number {
    return lapsesAtMs(token, this.#session.core.server.defaultVerificationOptions);
  }

  /** Deauthenticates if the token has lapsed, and returns the error that says so. */
  checkExpiry(): AuthTokenExpiredError | undefined {
    const token = this.authToken;
    if (token === null || !this.isExpired(token)) return undefined;
    const expiry = token.exp as number;
    this.#forget();
    this.tellRemoved();
    return new AuthTokenExpiredError('The socket auth token has expired', expiry * 1_000);
  }

  /**
   * An idle socket loses its token on time, too. Delays are rounded up to a tenth of a second, so
   * that many sockets share few timers; packets are checked exactly.
   */
  #watchExpiry(): void {
    const atMs = this.#lapsesAtMs(this.authToken);
    if (atMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(atMs - Date.now(), MAX_TIMEOUT_MS - 100);
    const rounded = Math.max(0, Math.ceil(delayMs / 100) * 100);
    this.#expiry = deadlines.add(rounded, judgeExpiry, this);
  }

  /** Called by the expiry deadline; a lifetime beyond the longest timer is watched in steps. */
  lapse(): void {
    this.#expiry = undefined;
    if (!this.checkExpiry()) this.#watchExpiry();
  }

  /** See `AGServerSocket.setAuthToken`. */
  async setAuthToken(data: unknown, options?: SetAuthTokenOptions | null): Promise<void> {
    const session = this.#session;
    if (session.state === 'connecting') {
      const error = new InvalidActionError(
        'Cannot call setAuthToken before completing the handshake',
      );
      session.emitError(error);
      throw error;
    }
    const { rejectOnFailedDelivery, algorithm, ...signOptions } = options ?? {};
    if (algorithm !== undefined) {
      session.emitError(
        new InvalidArgumentsError(
          'Cannot change auth token algorithm at runtime - It must be specified as a config option on launch',
        ),
      );
    }
    const { confirmed } = await this.#setInTurn(
      harmless(signToken(session, data, signOptions)),
      rejectOnFailedDelivery === true,
    );
    try {
      await confirmed;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const failure = new AuthError(`Failed to deliver auth token to client - ${message}`);
      session.emitError(failure);
      throw failure;
    }
  }

  /**
   * Sets a token when it is signed, but not before those of earlier calls: a signature that took longer
   * must not overwrite a later token. `confirmed` settles with the client's answer, if it is asked for one.
   */
  #setInTurn(
    signing: Promise<SignedToken>,
    isConfirmed: boolean,
  ): Promise<{ confirmed: Promise<unknown> | undefined }> {
    const earlier = this.#setting;
    const logouts = this.#logouts;
    const setting = (async () => {
      await earlier;
      const signed = await signing;
      if (logouts === this.#logouts) return { confirmed: this.#set(signed, isConfirmed) };
      throw new AuthError('The auth token was not set, because the socket was deauthenticated');
    })();
    this.#setting = setting.catch(() => {});
    return setting;
  }

  #set({ token, signed }: SignedToken, isConfirmed: boolean): Promise<unknown> | undefined {
    const session = this.#session;
    if (!session.isClosed) {
      const oldState = this.state;
      this.#commit(token, signed);
      session.announce('authTokenSigned', { signedAuthToken: signed });
      this.triggerEvents(oldState);
    }
    if (isConfirmed) {
      return session.invoke(
        protocolEvents.setAuthToken,
        { token: signed },
        session.core.server.ackTimeout,
      );
    }
    session.transmit(protocolEvents.setAuthToken, { token: signed });
    return undefined;
  }
}

function judgeExpiry(authentication: SocketAuthentication): void {
  authentication.lapse();
}
