import { InvalidActionError } from '@asyngular/protocol';

/** What `allow()` may replace. Anything that is not an object is ignored. */
export interface AllowPacket {
  /** Replaces the payload unless `undefined`. Meaningless for handshakes and `authenticate`. */
  data?: any;
  /** `publishOut` only: `useCache` sends the shared frame even if `data` was touched. */
  options?: { useCache?: boolean };
}

/** What has become of an action; `null` until it is settled. */
export type ActionOutcome = 'allowed' | 'blocked' | null;

/** The payload as `allow()` left it. @internal */
export interface Verdict {
  readonly data: unknown;
  readonly replaced: boolean;
  readonly useCache: boolean | undefined;
}

/** Constants of every action, and of AGAction. */
export const actionTypes = {
  HANDSHAKE_WS: 'handshakeWS',
  HANDSHAKE_AG: 'handshakeAG',
  HANDSHAKE_SC: 'handshakeAG',
  MESSAGE: 'message',
  TRANSMIT: 'transmit',
  INVOKE: 'invoke',
  SUBSCRIBE: 'subscribe',
  PUBLISH_IN: 'publishIn',
  PUBLISH_OUT: 'publishOut',
  AUTHENTICATE: 'authenticate',
  HISTORY: 'history',
  PRESENCE: 'presence',
} as const;

/** Kinds of actions; constants of AGAction. */
export type ActionType = (typeof actionTypes)[keyof typeof actionTypes];

/**
 * One thing a client (or, for `publishOut`, a publication) is about to do, offered to a middleware
 * function, which settles it once with `allow()` or `block()`. Applications know it as AGAction, in types of
 * which each kind has its own members (server/actions.ts).
 */
export class ActionBase {
  readonly type: ActionType;
  /** `null` until settled. */
  outcome: ActionOutcome = null;
  /** Settles with the action: resolved by `allow()`, rejected with the error given to `block()`. */
  readonly promise: Promise<Verdict>;
  #data: unknown;
  #load: (() => unknown) | undefined;
  #loaded = false;
  #resolve!: (verdict: Verdict) => void;
  #reject!: (error: unknown) => void;

  constructor(type: ActionType, fields: object, data?: unknown, load?: () => unknown) {
    this.type = type;
    Object.assign(this, fields);
    this.#data = data;
    this.#load = load;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Code that waits for the outcome sees the rejection; an action settled after its socket has gone
    // has nobody waiting, and must not end the process.
    this.promise.catch(() => {});
  }

  /** The payload. May be changed in place or assigned before `allow()`; it is this socket's own copy. */
  get data(): any {
    if (this.#load) {
      this.#data = this.#load();
      this.#load = undefined;
      this.#loaded = true;
    }
    return this.#data;
  }
  set data(value: unknown) {
    this.#load = undefined;
    this.#loaded = true;
    this.#data = value;
  }

  /** Lets the action happen, with other data if given. Throws `InvalidActionError` when settled. */
  readonly allow = (packet?: AllowPacket): void => {
    this.#settle('allow');
    this.outcome = 'allowed';
    const given = typeof packet === 'object' && packet !== null ? packet : undefined;
    const replaced = given?.data !== undefined;
    this.#resolve({
      data: replaced ? given.data : this.#load ? undefined : this.#data,
      replaced: replaced || this.#loaded,
      useCache: given?.options?.useCache,
    });
  };

  /**
   * Refuses the action. Without an error the client gets a `SilentMiddlewareBlockedError`; so it does
   * when `error.silent` is true, while the server emits the real one. Throws when settled.
   */
  readonly block = (error?: unknown): void => {
    this.#settle('block');
    this.outcome = 'blocked';
    this.#reject(error);
  };

  #settle(attempt: string): void {
    if (this.outcome === null) return;
    throw new InvalidActionError(
      `AGAction ${this.type} has already been ${this.outcome}; cannot ${attempt}`,
    );
  }
}

// Own constants would cost ten fields per action; the prototype serves both `action.X` and class use.
Object.assign(ActionBase.prototype, actionTypes);
