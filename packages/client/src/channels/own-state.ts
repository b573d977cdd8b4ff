import { hasOnlyMembers, type UnknownRecord } from '@asyngular/protocol/internal';
import { defined } from '../defined.js';

/** What a client says of itself in a channel (docs/protocol.md P15.6). */
export type OwnCommand =
  | { readonly enter: unknown }
  | { readonly update: unknown }
  | { readonly leave: true };

/**
 * With which state this client is a member of one channel, and what of it the server does not know yet. `undefined` is the
 * state of a client that is not a member. While an entry waits for its answer nothing else is sent, so that a refusal
 * concerns what was sent last.
 */
export class OwnState {
  #value: unknown;
  /** See `accepted`. */
  #accepted: unknown;
  /** What the server is being asked for. */
  #asked: unknown;
  #unsent: 'enter' | 'leave' | undefined;
  /** Members of the state that have changed since it was sent. */
  #part: UnknownRecord | undefined;

  /** With which state this client is a member, or is about to be. */
  get value(): unknown {
    return this.#value;
  }

  /** What the server has let pass, as far as is known. */
  get accepted(): unknown {
    return this.#accepted;
  }

  /** Whether an entry waits for its answer. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /** Whether an entry waits to be sent, or for its answer. */
  get isEntering(): boolean {
    return this.isAsked || this.#unsent === 'enter';
  }

  /** What can be sent now; an `'update'` may wait a little for more of its kind. */
  get ready(): 'enter' | 'leave' | 'update' | undefined {
    return this.isAsked ? undefined : (this.#unsent ?? (this.#part && 'update'));
  }

  /** Undefined is no state: it would not travel. */
  enter(state: unknown): void {
    this.#become(state ?? null, 'enter');
  }

  leave(): void {
    if (this.#value !== undefined) {
      this.#become(undefined, 'leave');
    }
  }

  /** A member that is undefined in `part` stays as it is, since it would not travel. */
  update(part: unknown): void {
    if (!hasOnlyMembers(part) || !hasOnlyMembers(this.#value)) {
      this.enter(part);
      return;
    }
    const changed = defined(part);
    this.#value = { ...this.#value, ...changed };
    this.#part = { ...this.#part, ...changed };
  }

  /** What is ready; it counts as sent from now on. */
  take(): OwnCommand | undefined {
    const { ready } = this;
    const part = this.#part;
    if (ready === 'enter') {
      return { enter: this.ask() };
    }
    if (!ready) {
      return undefined;
    }
    this.#accepted = this.#value;
    this.#unsent = this.#part = undefined;
    return ready === 'leave' ? { leave: true } : { update: part };
  }

  /** The state, which the server is asked for from now on; undefined when there is none. */
  ask(): unknown {
    this.#asked = this.#value;
    this.#unsent = this.#part = undefined;
    return this.#value;
  }

  /** The server has let pass what it was asked for. */
  onAccepted(): void {
    this.#accepted = this.#asked;
    this.#asked = undefined;
  }

  /** It has not: what was before counts, unless the application has said something new meanwhile. */
  onRefused(): void {
    this.#asked = undefined;
    if (this.#unsent === undefined) {
      this.#become(this.#accepted, undefined);
    }
  }

  /** It has refused the update to `state`: what was before counts, unless there is something new. */
  onUpdateRefused(state: unknown, before: unknown): void {
    if (this.#value === state) {
      this.#value = this.#accepted = before;
    }
  }

  /** The server has taken this client out of the members. An entry under way has an answer of its own. */
  onRemoved(): void {
    this.#accepted = undefined;
    if (!this.isEntering) {
      this.#become(undefined, undefined);
    }
  }

  /** The next server knows nothing of this client. */
  onConnectionLost(): void {
    this.#accepted = this.#asked = undefined;
    this.#become(this.#value, this.#value === undefined ? undefined : 'enter');
  }

  #become(state: unknown, unsent: 'enter' | 'leave' | undefined): void {
    this.#value = state;
    this.#unsent = unsent;
    this.#part = undefined;
  }
}
