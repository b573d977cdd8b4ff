import type { Home, OwnMember } from './home.js';
import type { PresencePlace } from './types.js';

/** What a place asks of those who keep it. */
export interface PlaceKeeper {
  replaceState(place: Place, state: unknown): void;
  release(place: Place): void;
  /** Releases it after the grace; the result keeps it. */
  releaseLater(place: Place): () => void;
}

/** One connection's place in a channel. */
export class Place implements PresencePlace {
  readonly home: Home;
  readonly member: OwnMember;
  connection: string;
  state: unknown;
  stamp: number;
  isHeld = true;
  readonly #keeper: PlaceKeeper;
  #keep: (() => void) | undefined;

  constructor(
    keeper: PlaceKeeper,
    home: Home,
    member: OwnMember,
    { connection, state, stamp }: { connection: string; state: unknown; stamp: number },
  ) {
    this.#keeper = keeper;
    this.home = home;
    this.member = member;
    this.connection = connection;
    this.state = state;
    this.stamp = stamp;
  }

  get channel(): string {
    return this.home.channel;
  }

  get key(): string {
    return this.member.record.key;
  }

  update(state: unknown): void {
    if (this.isHeld) this.#keeper.replaceState(this, state);
  }

  leave(): void {
    if (this.isHeld) this.#keeper.release(this);
  }

  lose(): void {
    if (this.isHeld) this.#keep ??= this.#keeper.releaseLater(this);
  }

  /** The connection that it belonged to may not use it any more. */
  end(): void {
    this.isHeld = false;
    this.#keep?.();
    this.#keep = undefined;
  }
}
