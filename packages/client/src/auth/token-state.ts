/**
 * What a socket knows of its token. A token is its text: two texts are two tokens, no matter who stored them.
 *
 *                    presented ──refused──▶ (none)
 *                        │                    ▲
 *                        ▼                    │ condemned: expiry, #removeAuthToken
 *   #setAuthToken ──▶ accepted ───────────────┤
 *                        │                    │
 *                        └── given up: deauthenticate()
 */
export interface TokenState {
  /** What the server accepted last, or null. */
  readonly accepted: string | null;
  /** The last token that was presented or given. It outlives its end: a removal may still concern it. */
  readonly own: string | null;
  /** The tokens of `#authenticate` calls without an answer. */
  readonly asked: readonly string[];
  /**
   * What this socket may have in the storage: the last token that it stored, or that was accepted after it had been
   * read from there, and the one that it is storing.
   */
  readonly stored: readonly (string | null)[];
  /** What the last logout gave up, until a token is accepted. It is not presented, though it may still be stored. */
  readonly givenUp: readonly (string | null)[];
  /** The tokens to remove from the storage; null for whichever is there. */
  readonly doomed: readonly (string | null)[] | null;
}

export const initialTokenState: TokenState = {
  accepted: null,
  own: null,
  asked: [],
  stored: [],
  givenUp: [],
  doomed: [],
};

/** The token is on its way to the server, which has yet to answer. */
export function present(state: TokenState, token: string): TokenState {
  return { ...state, own: token, givenUp: state.givenUp.filter((text) => text !== token) };
}

/** The same, by `#authenticate`. */
export function ask(state: TokenState, token: string): TokenState {
  return { ...present(state, token), asked: [...state.asked, token] };
}

/** The server has answered, or will not. */
export function answered(state: TokenState, token: string): TokenState {
  return { ...state, asked: state.asked.filter((text) => text !== token) };
}

/**
 * The server accepts the token, or made it. It stays in the storage, or takes the place there of those that were to
 * be removed. `isStored`: it was read from the storage.
 */
export function accept(state: TokenState, token: string, isStored: boolean): TokenState {
  // What is on its way to the storage arrives all the same.
  const stored = isStored ? [token, ...state.stored.slice(1)] : state.stored;
  return { ...state, accepted: token, own: token, stored, givenUp: [], doomed: [] };
}

/** The server does not accept the token now, nor any that it accepted before. What is stored stays there. */
export function refuse(state: TokenState, token = state.own): TokenState {
  return { ...state, accepted: null, own: token };
}

/**
 * `#removeAuthToken`: the accepted token has ended or, if there is none, the one that was refused last is bad. What this
 * socket stored goes with it, as in published clients: the server has ended the login that it stands for.
 */
export function condemn(state: TokenState): TokenState {
  const { accepted, own, stored, doomed } = state;
  const ended = accepted ?? own;
  return { ...state, accepted: null, own: ended, doomed: doomed && [...doomed, ended, ...stored] };
}

/** `deauthenticate()`: whatever this socket has, and what is stored if it has had nothing yet. */
export function giveUp(state: TokenState): TokenState {
  const { accepted, own, asked, stored, doomed } = state;
  const givenUp = [accepted, own, ...asked, ...stored];
  return {
    ...state,
    accepted: null,
    givenUp,
    doomed: doomed && own !== null ? [...doomed, ...givenUp] : null,
  };
}

/** The token is on its way to the storage. Should that fail, the former one is still there. */
export function saving(state: TokenState, token: string): TokenState {
  return { ...state, stored: [state.stored[0] ?? null, token] };
}

export function saved(state: TokenState, token: string): TokenState {
  return { ...state, stored: [token] };
}

/** Whether a removal concerns what it finds in the storage. */
export function isDoomed({ doomed }: TokenState, found: string | null): boolean {
  return found === null || doomed === null || doomed.includes(found);
}

/** The removal begins. */
export function removing(state: TokenState, found: string | null): TokenState {
  return { ...state, givenUp: state.doomed ? state.givenUp : [found], doomed: [] };
}
