import { InvalidActionError } from '@asyngular/protocol';
import { hasOnlyMembers } from '@asyngular/protocol/internal';
import type { OutboundPacket } from '../outbound/outbound-packet.js';
import type { SharedPacket } from '../outbound/shared-packet.js';
import type { PresencePlace } from '../presence/types.js';
import { connectionName, guestKey } from './identity.js';
import type { MemberChannels } from './member-channels.js';
import { errorPacket, keyPacket } from './member-packets.js';
import type { MemberWatcher } from './watcher-feed.js';

/** A socket that can be a member of channels, and watch them. */
export interface MembersSession {
  readonly id: string;
  /** Who it belongs to; `undefined`: nobody known. */
  readonly userId: string | undefined;
  readonly socket: object;
  readonly isSlow: boolean;
  readonly isClosed: boolean;
  readonly outbound: { send(packet: OutboundPacket, shared?: SharedPacket): void };
  /** What the client gets of an error, in wire form. One of the application's own is reported to it. */
  answerToFailure(channel: string, error: unknown): unknown;
}

/** Where one socket is a member, and which channels it watches. Made on first use. */
export class SessionMembers implements MemberWatcher {
  readonly #channels: MemberChannels;
  readonly #session: MembersSession;
  readonly #guestKey: string;
  readonly #connection: string;
  /** The connection that the client had before this one. */
  readonly #former: string | undefined;
  readonly #places = new Map<string, PresencePlace>();
  readonly #watched = new Set<string>();

  /** `secret` is the client's, `was` the id of its socket before this one. */
  constructor(
    channels: MemberChannels,
    session: MembersSession,
    { client: secret, was }: { readonly client: string; readonly was: string | undefined },
  ) {
    this.#channels = channels;
    this.#session = session;
    this.#guestKey = guestKey(secret);
    this.#connection = connectionName(secret, session.id);
    this.#former = was === undefined ? undefined : connectionName(secret, was);
  }

  get isSlow(): boolean {
    return this.#session.isSlow;
  }

  send(packet: OutboundPacket): void {
    this.#session.outbound.send(packet);
  }

  sendShared(packet: SharedPacket): void {
    this.#session.outbound.send(packet.packet, packet);
  }

  /** Its key as a member of any channel. */
  get key(): string {
    return this.#session.userId ?? this.#guestKey;
  }

  /** What an update makes of its state. Throws `InvalidActionError` when it is not a member. */
  merged(channel: string, part: unknown): unknown {
    const { state } = this.#placeIn(channel);
    return hasOnlyMembers(state) && hasOnlyMembers(part) ? { ...state, ...part } : part;
  }

  /** Enters, or replaces the state. Throws what P15.7 says, or what the application threw. */
  enter(channel: string, state: unknown): void {
    this.#enter(channel, this.#channels.judge(channel, this.#session.socket, state));
  }

  /** Replaces the state of a member. Throws likewise. */
  update(channel: string, state: unknown): void {
    const place = this.#placeIn(channel);
    place.update(this.#channels.judge(channel, this.#session.socket, state));
  }

  leave(channel: string): void {
    this.#places.get(channel)?.leave();
    this.#places.delete(channel);
  }

  watch(channel: string): void {
    this.#watched.add(channel);
    this.#channels.watch(channel, this);
  }

  unwatch(channel: string): void {
    if (this.#watched.delete(channel)) this.#channels.unwatch(channel, this);
  }

  /** The client watches from another server now. */
  unwatchAll(): void {
    for (const channel of this.#watched) this.#channels.unwatch(channel, this);
    this.#watched.clear();
  }

  /** The socket is not subscribed any more. */
  forget(channel: string): void {
    this.leave(channel);
    this.unwatch(channel);
  }

  /** The socket was slow, and has room again. */
  goOn(): void {
    for (const channel of this.#watched) {
      if (this.isSlow) return;
      this.#channels.goOn(channel, this);
    }
  }

  /** Its user id may have changed: it is somebody else where it is a member. */
  identify(): void {
    const { key } = this;
    for (const [channel, place] of this.#places) {
      if (place.key === key || !place.isHeld) continue;
      const { state } = place;
      place.leave();
      this.#places.delete(channel);
      try {
        this.enter(channel, state);
        this.send(keyPacket(channel, key));
      } catch (error) {
        this.send(errorPacket(channel, this.#session.answerToFailure(channel, error)));
      }
    }
  }

  /** The socket has closed; the client may come back if `mayReturn`. */
  end(mayReturn: boolean): void {
    for (const place of this.#places.values()) {
      if (mayReturn) place.lose();
      else place.leave();
    }
    this.#places.clear();
    this.unwatchAll();
  }

  #enter(channel: string, state: unknown): void {
    const { userId } = this.#session;
    const place = this.#channels.presence.enter({
      channel,
      key: this.key,
      ...(userId !== undefined && { userId }),
      state,
      connection: this.#connection,
      replaces: this.#former,
    });
    this.#places.set(channel, place);
  }

  #placeIn(channel: string): PresencePlace {
    const place = this.#places.get(channel);
    if (place?.isHeld) return place;
    throw new InvalidActionError(
      `The socket ${this.#session.id} is not a member of the ${channel} channel; enter it first`,
    );
  }
}
