import type { Clock } from '../turns/clock.js';
import { Home, type OwnMember } from './home.js';
import type { HybridClock } from './hybrid-clock.js';
import { Place, type PlaceKeeper } from './place.js';
import { isSameState, type PresenceRecord } from './record.js';
import type { PresenceEntry } from './types.js';

/** What the members of this server need of the rest. */
export interface OwnMembersHost {
  readonly clock: Clock;
  readonly stamps: HybridClock;
  /** Calls `work` after the grace, or later if nobody may be given up then. The result cancels it. */
  afterGrace(work: () => void): () => void;
  /** A member came, changed or left. */
  onChange(home: Home, key: string): void;
}

const none: Place[] = [];

/** Who is connected here, by channel and by connection. */
export class OwnMembers implements PlaceKeeper {
  readonly #host: OwnMembersHost;
  readonly #homes = new Map<string, Home>();
  readonly #byConnection = new Map<string, Place[]>();
  /** Members of all channels. */
  size = 0;

  constructor(host: OwnMembersHost) {
    this.#host = host;
  }

  get homes(): ReadonlyMap<string, Home> {
    return this.#homes;
  }

  /**
   * Enters, in place of the connection that it replaces if that one is here. `isNew` is false if the connection, or the
   * one it replaces, was in the channel with this key.
   */
  enter(entry: PresenceEntry): { place: Place; isNew: boolean } {
    const { channel, key, connection, replaces } = entry;
    const own = this.#find(connection, channel);
    if (own !== undefined && own.key !== key) this.release(own);
    else if (own !== undefined) {
      this.replaceState(own, entry.state);
      return { place: own, isNew: false };
    }
    const old = replaces === undefined ? undefined : this.#find(replaces, channel);
    if (old?.key !== key) return { place: this.#add(entry), isNew: true };
    const { state, stamp } = old;
    old.end();
    this.#forgetConnection(old);
    const place = new Place(this, old.home, old.member, { connection, state, stamp });
    old.member.places[old.member.places.indexOf(old)] = place;
    this.#index(place);
    this.replaceState(place, entry.state);
    return { place, isNew: false };
  }

  /** The connection is on the server `to` now. Returns when its member had entered; `undefined` if it was not here. */
  move(connection: string, channel: string, key: string, to: string): number | undefined {
    const place = this.#find(connection, channel);
    if (place?.key !== key) return undefined;
    const { home, member } = place;
    const { joinedAt } = member.record;
    if (member.places.length === 1) {
      home.move(key, to);
      // By then the other server has said so, or is not there any more.
      this.#host.afterGrace(() => {
        home.forgetMove(key, to);
        this.forgetIfEmpty(home);
      });
    }
    this.release(place);
    return joinedAt;
  }

  /** The member was there before, on another server. */
  setJoinedAt(channel: string, key: string, joinedAt: number): void {
    const home = this.#homes.get(channel);
    const member = home?.members.get(key);
    if (home === undefined || member === undefined || member.record.joinedAt <= joinedAt) return;
    member.record = { ...member.record, joinedAt };
    this.#touch(home, key);
  }

  replaceState(place: Place, state: unknown): void {
    if (isSameState(place.state, state)) return;
    place.state = state;
    place.stamp = this.#host.stamps.next();
    this.#refresh(place.home, place.member);
  }

  release(place: Place): void {
    const { home, member, key } = place;
    place.end();
    this.#forgetConnection(place);
    member.places.splice(member.places.indexOf(place), 1);
    if (member.places.length > 0) {
      this.#refresh(home, member);
      return;
    }
    home.members.delete(key);
    this.size--;
    this.#touch(home, key);
  }

  releaseLater(place: Place): () => void {
    return this.#host.afterGrace(() => this.release(place));
  }

  /** A channel that nobody is in, and of which everybody knows, takes no memory. */
  forgetIfEmpty(home: Home): void {
    if (home.isForgettable && this.#homes.get(home.channel) === home) {
      this.#homes.delete(home.channel);
    }
  }

  #find(connection: string, channel: string): Place | undefined {
    return this.#byConnection.get(connection)?.find((place) => place.channel === channel);
  }

  #add({ channel, key, userId, state, connection }: PresenceEntry): Place {
    let home = this.#homes.get(channel);
    if (home === undefined) {
      home = new Home(channel);
      this.#homes.set(channel, home);
    }
    const stamp = this.#host.stamps.next();
    let member = home.members.get(key);
    if (member === undefined) {
      const joinedAt = this.#host.clock.wallNow();
      member = { record: { key, userId, state, stamp, joinedAt, connections: 1 }, places: none };
      home.members.set(key, member);
      this.size++;
    }
    const place = new Place(this, home, member, { connection, state, stamp });
    // An array to which something was pushed has room for sixteen more, and most members have one connection.
    if (member.places.length === 0) member.places = [place];
    else member.places.push(place);
    this.#index(place);
    this.#refresh(home, member, userId);
    return place;
  }

  /** The record says what the places are: the newest state, and how many. */
  #refresh(home: Home, member: OwnMember, userId = member.record.userId): void {
    const { key, joinedAt } = member.record;
    let [newest] = member.places;
    for (const place of member.places) if (place.stamp > newest!.stamp) newest = place;
    const { state, stamp } = newest!;
    const connections = member.places.length;
    member.record = { key, userId, state, joinedAt, connections, stamp } satisfies PresenceRecord;
    this.#touch(home, key);
  }

  #touch(home: Home, key: string): void {
    home.touch(key);
    this.#host.onChange(home, key);
  }

  #index(place: Place): void {
    const places = this.#byConnection.get(place.connection);
    if (places) places.push(place);
    else this.#byConnection.set(place.connection, [place]);
  }

  #forgetConnection(place: Place): void {
    const places = this.#byConnection.get(place.connection);
    if (places === undefined) return;
    if (places.length === 1) this.#byConnection.delete(place.connection);
    else places.splice(places.indexOf(place), 1);
  }
}
