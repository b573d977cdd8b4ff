import { AbortError, InvalidMessageError, protocolEvents } from '@asyngular/protocol';
import { parseAuthenticateReply, parseSetAuthToken } from '@asyngular/protocol/internal';
import { development } from '#development';
import type { ConnectionState } from '../connection/connection-state.js';
import { type Context, emitError } from '../context.js';
import type { Outlet } from '../messages/outlet.js';
import type { Requests } from '../messages/requests.js';
import { type Credentials, credentialsOf } from './credentials.js';
import { createLateTokens } from './late-tokens.js';
import { createLatestJob } from './latest-job.js';
import { createStoredToken } from './stored-token.js';
import { accept, answered, ask, condemn, giveUp, present, refuse } from './token-state.js';

/** What `authenticate()` resolves to. */
export interface AuthStatus {
  isAuthenticated: boolean;
  /** Why the server did not accept the token, or null. */
  authError: Error | null;
}

/**
 * The token and what the server thinks of it. The state outlives connections and is corrected by the next
 * handshake. Tokens are read, never verified: only the server can do that.
 */
export interface Authentication {
  readonly credentials: Credentials;
  /**
   * The stored token, to be sent with the handshake, after all changes of the storage. Rejects with what the auth
   * engine rejects with.
   */
  loadStored(): Promise<string | null>;
  /** The handshake's verdict on the token that was loaded. */
  onVerdict(token: string | null, isAccepted: boolean): void;
  /**
   * `#setAuthToken`: the token counts at once; storing it may take longer. Returns why it was not taken: it is no token,
   * or the application has logged out since it asked for it.
   */
  onSetAuthToken(data: unknown): Error | undefined;
  /** Another server is in use. It was told of `presented`; if another token counts by now, or none, it hears of that. */
  onMoved(presented: string | null, isAccepted: boolean): void;
  /** A server that is not in use has changed the token: the one in use hears of that, and of nothing that was to be presented before. */
  onOtherServer(): void;
  /** `#removeAuthToken`: neither side accepts the token any more. */
  onRemoveAuthToken(): void;
  /** See `AGClientSocket.authenticate`. */
  authenticate(signedToken: string): Promise<AuthStatus>;
  /** See `AGClientSocket.deauthenticate`. */
  deauthenticate(): Promise<void>;
  /** Another tab stored or removed something; a null key means that the whole storage was cleared. */
  onStorageChange(key: string | null): void;
}

/** Who wants a token to be presented: the application, another tab by storing it, or the socket, which has it already. */
type Source = 'application' | 'storage' | 'socket';

/** What else of the socket authentication uses. */
export interface AuthenticationNeeds {
  readonly connection: ConnectionState;
  readonly outlet: Pick<Outlet, 'send'>;
  readonly requests: Pick<Requests, 'call' | 'waitingCalls'>;
  /** Called before the change is announced by events. */
  onAuthStateChange(): void;
}

/** Failures on the way to the server, which say nothing about the token. */
const pathFailures: readonly unknown[] = [
  'BadConnectionError',
  'TimeoutError',
  'QueueFullError',
  'AbortError',
];

export function createAuthentication(
  context: Context,
  { connection, outlet, requests, onAuthStateChange }: AuthenticationNeeds,
): Authentication {
  const tokens = createStoredToken(context);
  const lateTokens = createLateTokens(requests);
  /** What the socket presents of its own accord. That a logout overtook it is no failure. */
  const following = createLatestJob((error) => {
    if (!(error instanceof AbortError)) {
      emitError(context, error);
    }
  });
  let credentials = credentialsOf(null);
  /** Aborted by a logout, which overtakes the calls of `authenticate()` before it. */
  let wish = new AbortController();
  /** Aborted when what the socket presents of its own accord does not count any more. */
  let unasked = new AbortController();
  /** The server in use has another token than this socket, and has yet to hear of the one that counts. */
  let isServerWrong = false;

  async function loadStored(): Promise<string | null> {
    const loaded = await tokens.load();
    if (loaded === null || isGivenUp(loaded)) {
      return null;
    }
    tokens.state = present(tokens.state, loaded);
    return loaded;
  }

  function isGivenUp(text: string | null): boolean {
    return tokens.state.givenUp.includes(text);
  }

  function onVerdict(presented: string | null, isAccepted: boolean): void {
    if (isAccepted && isGivenUp(presented)) {
      // Before everything that waits, which may be a login.
      sendRemoval();
      take(null);
    } else {
      take(isAccepted ? presented : null, true);
    }
    void following.run(() => lookAgain(presented));
  }

  function onSetAuthToken(data: unknown): Error | undefined {
    const given = parseSetAuthToken(data);
    if (given === undefined) {
      const error = new InvalidMessageError(
        development ? 'The #setAuthToken event has no token' : protocolEvents.setAuthToken,
      );
      emitError(context, error);
      return error;
    }
    if (lateTokens.takeOne()) {
      tellServer();
      return overtakenError();
    }
    take(given);
    void tokens.save(given);
    return undefined;
  }

  function onOtherServer(): void {
    unasked.abort(overtakenError());
    unasked = new AbortController();
    tellServer();
  }

  /** The server in use has another token than this socket, or none, and hears of the one that counts. */
  function tellServer(): void {
    if (tokens.state.asked.length > 0) {
      // It decides on that token after everything that it has now.
      return;
    }
    if (tokens.state.accepted === null) {
      sendRemoval();
      return;
    }
    isServerWrong = true;
    void following.run(async () => {
      const { accepted } = tokens.state;
      if (isServerWrong && accepted !== null) {
        await presentUnasked(accepted, 'socket');
      }
    });
  }

  function onMoved(presented: string | null, isAccepted: boolean): void {
    const { accepted } = tokens.state;
    if (accepted === null) {
      // Before everything that waits, which may be a login.
      if (presented !== null) sendRemoval();
    } else if (presented !== accepted) {
      tellServer();
    } else if (!isAccepted) {
      take(null);
    }
  }

  function onRemoveAuthToken(): void {
    tokens.state = condemn(tokens.state);
    take(null);
    void tokens.remove();
  }

  async function authenticate(signedToken: string, source: Source): Promise<AuthStatus> {
    tokens.state = ask(tokens.state, signedToken);
    try {
      return await new Promise((resolve, reject) => {
        const { signal } = source === 'application' ? wish : unasked;
        requests.call(
          protocolEvents.authenticate,
          signedToken,
          { signal },
          {
            resolve(data) {
              tokens.state = answered(tokens.state, signedToken);
              resolve(onReply(signedToken, source, data));
            },
            reject(error) {
              tokens.state = answered(tokens.state, signedToken);
              if (!isPathFailure(error)) {
                tokens.state = refuse(tokens.state, signedToken);
                take(null);
              }
              reject(error);
            },
          },
        );
      });
    } finally {
      await nextTurn();
    }
  }

  async function onReply(signedToken: string, source: Source, data: unknown): Promise<AuthStatus> {
    const reply = parseAuthenticateReply(data);
    if (!reply) {
      // Believing an unreadable answer would authenticate with an unverified token.
      throw new InvalidMessageError(
        development
          ? 'The #authenticate response has no isAuthenticated'
          : protocolEvents.authenticate,
      );
    }
    const { isAuthenticated, authError } = reply;
    take(isAuthenticated ? signedToken : null, source === 'storage');
    // What came from the storage is not stored back: tabs would pass tokens to and fro for ever.
    if (isAuthenticated && source === 'application') {
      await tokens.save(signedToken);
    }
    return { isAuthenticated, authError };
  }

  async function deauthenticate(): Promise<void> {
    logOut();
    await tokens.remove();
    await nextTurn();
  }

  function logOut(): void {
    tokens.state = giveUp(tokens.state);
    for (const controller of [wish, unasked]) {
      controller.abort(overtakenError());
    }
    wish = new AbortController();
    unasked = new AbortController();
    lateTokens.expect();
    // A handshake that is under way is answered first: see `onVerdict()`.
    if (connection.state === 'open') {
      sendRemoval();
    }
    take(null);
  }

  function onStorageChange(key: string | null): void {
    if (key === context.options.authTokenName || key === null) {
      void following.run(follow);
    }
  }

  /** Events of several tabs may come late and cross; what is stored is what all of them agree on in the end. */
  async function follow(): Promise<void> {
    const stored = await tokens.load();
    if (stored === tokens.state.accepted && !isServerWrong) {
      return;
    }
    if (stored === null) {
      logOut();
    } else if (connection.state !== 'closed') {
      // While closed there is nothing to do: the next handshake loads the new token.
      await presentUnasked(stored, 'storage');
    }
  }

  /** On the socket's own account. */
  async function presentUnasked(signedToken: string, source: Source): Promise<void> {
    try {
      await authenticate(signedToken, source);
    } finally {
      await lookAgain(signedToken);
    }
  }

  /** The server has decided on what was stored; another tab may have changed that meanwhile. */
  async function lookAgain(presented: string | null): Promise<void> {
    if (context.options.syncAuthTokens && (await tokens.load()) !== presented) {
      void following.run(follow);
    }
  }

  /**
   * The token that counts from now on, or null; `isStored` if it came from the storage. This is the only place where
   * the state changes: `unauthenticated ⇄ authenticated`, and from one token to another.
   */
  function take(token: string | null, isStored = false): void {
    const old = credentials;
    isServerWrong = false;
    credentials = credentialsOf(token);
    tokens.state = token === null ? refuse(tokens.state) : accept(tokens.state, token, isStored);
    const { authState: oldAuthState, signedAuthToken, authToken } = old;
    const { authState: newAuthState } = credentials;
    const accepted =
      token === null
        ? undefined
        : {
            signedAuthToken: token,
            authToken: credentials.authToken,
          };
    if (oldAuthState !== newAuthState) {
      onAuthStateChange();
      context.emit('authStateChange', { oldAuthState, newAuthState, ...accepted });
      if (!accepted) {
        context.emit('deauthenticate', {
          oldSignedAuthToken: signedAuthToken,
          oldAuthToken: authToken,
        });
      }
    }
    if (accepted) {
      context.emit('authenticate', accepted);
    }
  }

  function sendRemoval(): void {
    outlet.send({ event: protocolEvents.removeAuthToken });
  }

  /** Later than the listeners of the events emitted so far. */
  function nextTurn(): Promise<void> {
    return new Promise((resolve) => context.platform.setTimeout(resolve, 0));
  }

  return {
    get credentials() {
      return credentials;
    },
    loadStored,
    onVerdict,
    onSetAuthToken,
    onMoved,
    onOtherServer,
    onRemoveAuthToken,
    authenticate: (signedToken) => authenticate(signedToken, 'application'),
    deauthenticate,
    onStorageChange,
  };
}

function overtakenError(): AbortError {
  return new AbortError(
    development
      ? 'The token came too late: deauthenticate() was called meanwhile'
      : 'deauthenticate()',
  );
}

function isPathFailure(error: unknown): boolean {
  return error instanceof Error && pathFailures.includes(error.name);
}
