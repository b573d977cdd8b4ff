import { InvalidMessageError, protocolEvents } from '@asyngular/protocol';
import { parseAuthenticateReply, parseSetAuthToken } from '@asyngular/protocol/internal';
import type { ConnectionState } from '../connection/connection-state.js';
import { type Context, emitError } from '../context.js';
import type { Requests } from '../messages/requests.js';
import type { ResolvedOptions } from '../options/options.js';
import { readTokenPayload } from './token-payload.js';

/** What `authenticate()` resolves to. */
export interface AuthStatus {
  isAuthenticated: boolean;
  /** Why the server did not accept the token, or null. */
  authError: Error | null;
}

/** What the server thinks of the client, and the token that made it think so. */
export type Credentials =
  | {
      readonly authState: 'unauthenticated';
      readonly signedAuthToken: null;
      readonly authToken: null;
    }
  | {
      readonly authState: 'authenticated';
      readonly signedAuthToken: string;
      /** The token's payload, or its second segment as text if that is no JSON, or null without one. */
      readonly authToken: unknown;
    };

/**
 * The token and what the server thinks of it. The state outlives connections and is corrected by the next
 * handshake. Tokens are read, never verified: only the server can do that.
 */
export interface Authentication {
  readonly credentials: Credentials;
  /** The stored token, to be sent with the handshake. Rejects with what the auth engine rejects with. */
  loadStored(): Promise<string | null>;
  /** The handshake's verdict on the token that was loaded. */
  onVerdict(token: string | null, isAccepted: boolean): void;
  /** `#setAuthToken`: the token counts at once; storing it may take longer. Returns what was wrong with it. */
  onSetAuthToken(data: unknown): InvalidMessageError | undefined;
  /** `#removeAuthToken`: neither side accepts the token any more. Resolves when it is out of the storage. */
  onRemoveAuthToken(): Promise<void>;
  /** See `AGClientSocket.authenticate`. */
  authenticate(signedToken: string): Promise<AuthStatus>;
  /** See `AGClientSocket.deauthenticate`. */
  deauthenticate(): Promise<void>;
  /** Another tab stored or removed something; a null key means that the whole storage was cleared. */
  onStorageChange(key: string | null, token: string | null): void;
}

/** What else of the socket authentication uses. */
export interface AuthenticationNeeds {
  readonly connection: ConnectionState;
  readonly requests: Pick<Requests, 'call' | 'transmit'>;
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

const noCredentials: Credentials = {
  authState: 'unauthenticated',
  signedAuthToken: null,
  authToken: null,
};

export function createAuthentication(
  context: Context,
  { connection, requests, onAuthStateChange }: AuthenticationNeeds,
): Authentication {
  let credentials = noCredentials;
  /** Whether the client gave up its token after loading it; the handshake's verdict on it does not count then. */
  let isGivenUp = false;

  async function loadStored(): Promise<string | null> {
    const { authEngine, authTokenName } = context.options;
    isGivenUp = false;
    return (await authEngine.loadToken(authTokenName)) ?? null;
  }

  function onVerdict(token: string | null, isAccepted: boolean): void {
    take(isAccepted && !isGivenUp ? token : null);
  }

  function onSetAuthToken(data: unknown): InvalidMessageError | undefined {
    const token = parseSetAuthToken(data);
    if (token === undefined) {
      const error = new InvalidMessageError('The #setAuthToken event has no token');
      emitError(context, error);
      return error;
    }
    take(token);
    void save(token);
    return undefined;
  }

  function onRemoveAuthToken(): Promise<void> {
    take(null);
    return quietly(async ({ authEngine, authTokenName }) => {
      const oldAuthToken = await authEngine.removeToken(authTokenName);
      context.emit('removeAuthToken', { oldAuthToken });
    });
  }

  async function authenticate(signedToken: string): Promise<AuthStatus> {
    try {
      return await new Promise((resolve, reject) => {
        requests.call(protocolEvents.authenticate, signedToken, undefined, {
          resolve: (data) => resolve(onReply(signedToken, data)),
          reject(error) {
            if (!isPathFailure(error)) {
              take(null);
            }
            reject(error);
          },
        });
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
    const { isAuthenticated, authError } = reply;
    take(isAuthenticated ? signedToken : null);
    if (isAuthenticated) {
      await save(signedToken);
    }
    return { isAuthenticated, authError };
  }

  async function deauthenticate(): Promise<void> {
    isGivenUp = true;
    if (connection.state !== 'closed') {
      requests.transmit(protocolEvents.removeAuthToken);
    }
    await onRemoveAuthToken();
    await nextTurn();
  }

  function onStorageChange(key: string | null, token: string | null): void {
    const isOurs = key === context.options.authTokenName || key === null;
    if (!isOurs || token === credentials.signedAuthToken) {
      return;
    }
    if (token === null) {
      void deauthenticate();
    } else if (connection.state !== 'closed') {
      // While closed there is nothing to do: the next handshake loads the new token.
      void quietly(() => authenticate(token));
    }
  }

  /**
   * The token that counts from now on, or null. This is the only place where the state changes:
   * `unauthenticated ⇄ authenticated`, and from one token to another.
   */
  function take(token: string | null): void {
    const old = credentials;
    credentials = credentialsOf(token);
    if (old.authState !== credentials.authState) {
      onAuthStateChange();
      announceChange(old, credentials);
    }
    if (credentials.authState === 'authenticated') {
      const { signedAuthToken, authToken } = credentials;
      context.emit('authenticate', { signedAuthToken, authToken });
    }
  }

  function announceChange(old: Credentials, now: Credentials): void {
    const states = { oldAuthState: old.authState, newAuthState: now.authState };
    if (now.authState === 'authenticated') {
      const { signedAuthToken, authToken } = now;
      context.emit('authStateChange', { ...states, signedAuthToken, authToken });
      return;
    }
    const { signedAuthToken: oldSignedAuthToken, authToken: oldAuthToken } = old;
    context.emit('authStateChange', states);
    context.emit('deauthenticate', { oldSignedAuthToken, oldAuthToken });
  }

  function save(signedToken: string): Promise<void> {
    return quietly(({ authEngine, authTokenName }) =>
      authEngine.saveToken(authTokenName, signedToken, {}),
    );
  }

  /** Reports failures of the storage as `error` events, because no caller waits for them. */
  async function quietly(use: (options: ResolvedOptions) => unknown): Promise<void> {
    try {
      await use(context.options);
    } catch (error) {
      emitError(context, error);
    }
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
    onRemoveAuthToken,
    authenticate,
    deauthenticate,
    onStorageChange,
  };
}

function credentialsOf(token: string | null): Credentials {
  return token === null
    ? noCredentials
    : {
        authState: 'authenticated',
        signedAuthToken: token,
        authToken: readTokenPayload(token),
      };
}

function isPathFailure(error: unknown): boolean {
  return error instanceof Error && pathFailures.includes(error.name);
}
