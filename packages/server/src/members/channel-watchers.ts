import type { OutboundPacket } from '../outbound/outbound-packet.js';
import type { SharedPacket } from '../outbound/shared-packet.js';
import type {
  Presence,
  PresenceChanges,
  PresenceListener,
  PresenceMode,
  PresenceWatch,
} from '../presence/types.js';
import type { Clock } from '../turns/clock.js';
import { changesPacket, countPacket, type MemberChanges, syncPackets } from './member-packets.js';
import { UnsentChanges } from './unsent-changes.js';
import { type MemberWatcher, WatcherFeed } from './watcher-feed.js';

/** Pause between two packets of a channel that shows only how many there are. */
const COUNT_PAUSE_MS = 1_000;

/** What each watcher adds to the pause between two sets of changes, beyond 200 of them, and how long that may make it. */
const PAUSE_MS_EACH = 0.25;
const MAX_PAUSE_MS = 250;

/** What the watchers of a channel need of the server. */
export interface WatchersOwner {
  readonly presence: Presence;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Least time between two sets of changes, in ms. */
  readonly pauseMs: number;
  share(packet: OutboundPacket): SharedPacket;
  /** The channel shows its members, or their number only, from now on. */
  onMode(channel: string, mode: PresenceMode, count: number): void;
}

/**
 * The sockets of this server that watch one channel. What they get is framed once for all; those who come within the
 * same pause begin together, so that each of them is not one more set of changes for all others.
 */
export class ChannelWatchers implements PresenceListener {
  readonly #channel: string;
  readonly #owner: WatchersOwner;
  readonly #watch: PresenceWatch;
  readonly #feeds = new Map<MemberWatcher, WatcherFeed>();
  /** Those of them who are about to get a sync. */
  readonly #beginners = new Set<WatcherFeed>();
  #mode: PresenceMode | undefined;
  #isReady = false;
  /** When changes were handed out last, with or without somebody who began. */
  #toldAt = Number.NEGATIVE_INFINITY;
  #cancelBeginning: (() => void) | undefined;
  /** Changes that a crowd gets a little later, and before anybody begins who would know them already. */
  readonly #unsent = new UnsentChanges();
  #cancelTelling: (() => void) | undefined;
  #countedAt = Number.NEGATIVE_INFINITY;
  #cancelCount: (() => void) | undefined;

  constructor(channel: string, owner: WatchersOwner) {
    this.#channel = channel;
    this.#owner = owner;
    this.#watch = owner.presence.watch(channel, this);
    const { ready } = this.#watch;
    if (ready === undefined) this.#isReady = true;
    else void ready.then(() => this.#becomeReady());
  }

  get size(): number {
    return this.#feeds.size;
  }

  /** One that watches already begins anew. */
  add(watcher: MemberWatcher): void {
    let feed = this.#feeds.get(watcher);
    if (feed === undefined) {
      feed = new WatcherFeed(this.#channel, watcher);
      this.#feeds.set(watcher, feed);
    }
    this.#beginLater(feed);
  }

  /** Nothing more is sent to it. */
  remove(watcher: MemberWatcher): void {
    const feed = this.#feeds.get(watcher);
    if (feed === undefined) return;
    this.#feeds.delete(watcher);
    this.#beginners.delete(feed);
  }

  /** A watcher that was slow has room again. */
  goOn(watcher: MemberWatcher): void {
    const feed = this.#feeds.get(watcher);
    if (feed?.goOn()) this.#beginLater(feed);
  }

  /** Nobody watches any more. */
  close(): void {
    this.#cancelBeginning?.();
    this.#cancelTelling?.();
    this.#cancelCount?.();
    this.#watch.close();
  }

  onChanges(changes: PresenceChanges): void {
    if (changes.isReset) {
      this.#unsent.clear();
      for (const feed of this.#feeds.values()) this.#beginLater(feed);
    } else if (this.#mode === 'count') this.#countLater();
    else this.#take(changes);
  }

  #take(changes: PresenceChanges): void {
    const { enter, update, leave, isComplete } = changes;
    for (const feed of this.#feeds.values()) {
      if (feed.isOutdated(isComplete)) this.#beginLater(feed);
    }
    if (enter.length + update.length + leave.length === 0) return;
    const pauseMs = this.#pauseMs;
    if (pauseMs <= this.#owner.pauseMs && this.#cancelTelling === undefined) {
      this.#tell(changes);
      return;
    }
    this.#unsent.add(changes);
    if (this.#cancelTelling !== undefined) return;
    const { clock } = this.#owner;
    const restMs = this.#toldAt + pauseMs - clock.now();
    if (restMs <= 0) this.#tellUnsent();
    else this.#cancelTelling = clock.after(Math.ceil(restMs), () => this.#tellUnsent());
  }

  /** Each packet is a system call for each watcher, so that a crowd gets fewer and larger ones. */
  get #pauseMs(): number {
    const crowdPauseMs = Math.min(MAX_PAUSE_MS, this.#feeds.size * PAUSE_MS_EACH);
    return Math.max(this.#owner.pauseMs, crowdPauseMs);
  }

  #tellUnsent(): void {
    this.#cancelTelling = undefined;
    if (!this.#unsent.isEmpty) this.#tell(this.#unsent.take());
  }

  #tell(changes: MemberChanges): void {
    this.#toldAt = this.#owner.clock.now();
    const packet = this.#owner.share(changesPacket(this.#channel, changes));
    for (const feed of this.#feeds.values()) {
      if (!this.#beginners.has(feed)) feed.change(changes, packet);
    }
  }

  #becomeReady(): void {
    this.#isReady = true;
    if (this.#beginners.size > 0) this.#begin();
  }

  #beginLater(feed: WatcherFeed): void {
    this.#beginners.add(feed);
    if (!this.#isReady || this.#cancelBeginning !== undefined) return;
    const { clock } = this.#owner;
    const restMs = this.#toldAt + this.#pauseMs - clock.now();
    this.#cancelBeginning = clock.after(Math.max(1, Math.ceil(restMs)), () => this.#begin());
  }

  /** Tells those who wait who is there. */
  #begin(): void {
    this.#toldAt = this.#owner.clock.now();
    // Before they get it, the others get what is collected, so that everybody knows the same afterwards.
    const { mode, members, count, isComplete } = this.#watch.snapshot();
    this.#cancelTelling?.();
    this.#tellUnsent();
    // Those who have to begin anew because of the snapshot do so now.
    this.#cancelBeginning?.();
    this.#cancelBeginning = undefined;
    if (mode !== this.#mode) this.#owner.onMode(this.#channel, mode, count);
    this.#mode = mode;
    const packets =
      mode === 'count'
        ? [countPacket(this.#channel, count)]
        : syncPackets(this.#channel, members, isComplete);
    const shared = packets.map((packet) => this.#owner.share(packet));
    const beginners = [...this.#beginners];
    this.#beginners.clear();
    for (const feed of beginners) feed.begin(shared, isComplete);
  }

  #countLater(): void {
    if (this.#cancelCount !== undefined) return;
    const { clock } = this.#owner;
    const restMs = this.#countedAt + COUNT_PAUSE_MS - clock.now();
    if (restMs <= 0) this.#count();
    else this.#cancelCount = clock.after(Math.ceil(restMs), () => this.#count());
  }

  #count(): void {
    this.#cancelCount = undefined;
    this.#countedAt = this.#owner.clock.now();
    if (this.#mode !== 'count') return;
    const { count } = this.#watch;
    const packet = this.#owner.share(countPacket(this.#channel, count));
    for (const feed of this.#feeds.values()) {
      if (!this.#beginners.has(feed)) feed.count(count, packet);
    }
  }
}
