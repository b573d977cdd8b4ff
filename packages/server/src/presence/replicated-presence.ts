import type { Fleet, FleetTopic } from '../fleet/types.js';
import { type Clock, processClock } from '../turns/clock.js';
import { Announcements } from './announcements.js';
import { writeDigests } from './digest.js';
import type { Home } from './home.js';
import { HybridClock } from './hybrid-clock.js';
import type { DigestMessage, PresenceMessage } from './messages.js';
import { OwnMembers } from './own-members.js';
import { parsePresenceMessage } from './parse-message.js';
import type {
  Presence,
  PresenceCounts,
  PresenceEntry,
  PresenceListener,
  PresenceMode,
  PresencePlace,
  PresenceSettings,
  PresenceWatch,
} from './types.js';
import { Views } from './views.js';
import { Watchers } from './watchers.js';
import { Window } from './window.js';

/** What presence needs of its server. */
export interface PresenceHost {
  readonly fleet: Fleet;
  readonly settings: PresenceSettings;
  /** What is kept of a channel. */
  modeOf(channel: string): PresenceMode;
  emitWarning(warning: unknown): void;
}

/**
 * Who is in which channel, on all servers, without a database. Each server owns the members that are connected to it,
 * tells those that watch a channel what changes there, and answers those that ask for all of it. What gets lost shows by
 * a hole in the versions, or by the digests that servers send now and then.
 */
export class ReplicatedPresence implements Presence {
  readonly #clock: Clock;
  readonly #host: PresenceHost;
  readonly #topic: FleetTopic<PresenceMessage>;
  readonly #stamps: HybridClock;
  readonly #own: OwnMembers;
  readonly #announcements: Announcements;
  readonly #watchers = new Watchers();
  readonly #views: Views;
  /** When changes of a channel are due to be told. */
  readonly #windows = new Map<string, Window>();
  /** Before this time nobody is given up who was there when this server could not hear. */
  #graceEndsAt = Number.NEGATIVE_INFINITY;
  #cancelRepair: (() => void) | undefined;
  readonly #stopListening: () => void;

  constructor(host: PresenceHost, clock: Clock = processClock) {
    const { fleet, settings } = host;
    this.#host = host;
    this.#clock = clock;
    this.#stamps = new HybridClock(clock);
    const afterGrace = (work: () => void, ms = settings.graceMs) => this.#afterGrace(ms, work);
    this.#own = new OwnMembers({
      clock,
      stamps: this.#stamps,
      afterGrace,
      onChange: (home, key) => this.#onOwnChange(home, key),
    });
    this.#announcements = new Announcements({
      ...settings,
      isCountOnly: (channel) => host.modeOf(channel) === 'count',
    });
    this.#topic = fleet.topic<PresenceMessage>('presence', {
      parse: parsePresenceMessage,
      onMessage: (message, from) => this.#onMessage(message, from),
    });
    this.#views = new Views({
      clock,
      settings,
      topic: this.#topic,
      membership: fleet.membership,
      modeOf: (channel) => host.modeOf(channel),
      homeOf: (channel) => this.#own.homes.get(channel),
      afterGrace,
      emitWarning: (warning) => host.emitWarning(warning),
    });
    this.#stopListening = fleet.membership.listen({
      onStart: ({ id }) => this.#views.askForAll(id),
      onHello: (server) => this.#views.askForAll(server),
      onGoodbye: (server) => this.#onServerGone(server, 0),
      onSilent: (server, silentMs) => this.#onServerGone(server, silentMs),
      onThaw: () => this.#onThaw(),
      onSettled: () => this.#views.check(),
      onLoss: (server, lane) => {
        if (lane === undefined) this.#views.askForAll(server);
        else this.#views.askAgain(server, lane);
      },
    });
    this.#scheduleRepair();
  }

  enter(entry: PresenceEntry): PresencePlace {
    const { place, isNew } = this.#own.enter(entry);
    if (isNew && entry.replaces !== undefined) {
      this.#topic.sendToAll({
        type: 'moved',
        places: [[entry.channel, entry.key, entry.replaces]],
      });
    }
    return place;
  }

  watch(channel: string, listener: PresenceListener): PresenceWatch {
    return this.#views.watch(channel, listener);
  }

  counts(): PresenceCounts {
    return { members: this.#own.size, ...this.#views.counts() };
  }

  /** Tells what is still to be told. The fleet says goodbye after it. */
  close(): void {
    for (const window of this.#windows.values()) window.flush();
    this.#cancelRepair?.();
    this.#stopListening();
    this.#views.close();
  }

  #onOwnChange(home: Home, key: string): void {
    const { channel } = home;
    const movedTo = home.members.has(key) ? undefined : home.moved.get(key);
    this.#views.get(channel)?.changeOwn(key, movedTo);
    if (!this.#watchers.isWatched(channel)) {
      this.#announcements.skip(home);
      this.#own.forgetIfEmpty(home);
      return;
    }
    let window = this.#windows.get(channel);
    if (window === undefined) {
      const { intervalMs } = this.#host.settings;
      window = new Window(this.#clock, intervalMs, () => this.#announce(channel));
      this.#windows.set(channel, window);
    }
    window.request();
  }

  /** Tells those who watch the channel what has changed. As long as nobody can be told, it is kept. */
  #announce(channel: string): void {
    const home = this.#own.homes.get(channel);
    if (home === undefined || !home.hasChanges || this.#host.fleet.membership.isFrozen) return;
    for (const message of this.#announcements.changesOf(home)) {
      this.#topic.sendToLane(channel, message);
    }
    this.#own.forgetIfEmpty(home);
  }

  #onMessage(message: PresenceMessage, from: string): void {
    switch (message.type) {
      case 'watch':
        this.#answer(message.channels, from);
        break;
      case 'unwatch':
        for (const channel of message.channels) this.#unwatch(channel, from);
        break;
      case 'delta':
      case 'state':
        for (const [, , stamp] of message.content.set) this.#stamps.observe(stamp);
        this.#views.take(message, from);
        break;
      case 'none':
        this.#views.takeNone(message.channels, message.asOf, from);
        break;
      case 'moved':
        this.#move(message.places, from);
        break;
      case 'took':
        for (const [channel, key, at] of message.places) this.#own.setJoinedAt(channel, key, at);
        break;
      case 'digest':
        this.#compare(message, from);
        break;
    }
  }

  /** Says what there is in channels that another server begins to watch, or has lost track of. */
  #answer(channels: readonly string[], to: string): void {
    const empty: string[] = [];
    for (const channel of channels) {
      this.#watchers.add(to, channel);
      // What waits belongs to a version that the answer would not have.
      this.#announce(channel);
      const home = this.#own.homes.get(channel);
      if (home === undefined || (home.members.size === 0 && home.moved.size === 0)) {
        empty.push(channel);
        continue;
      }
      for (const page of this.#announcements.stateOf(home)) this.#topic.sendTo(to, page);
    }
    if (empty.length === 0) return;
    this.#topic.sendTo(to, { type: 'none', channels: empty, asOf: this.#announcements.version });
  }

  #unwatch(channel: string, server: string): void {
    this.#watchers.remove(server, channel);
    this.#forgetWindow(channel);
  }

  #forgetWindow(channel: string): void {
    if (this.#watchers.isWatched(channel)) return;
    const window = this.#windows.get(channel);
    if (window === undefined) return;
    window.close();
    this.#windows.delete(channel);
    const home = this.#own.homes.get(channel);
    if (home === undefined) return;
    if (home.hasChanges) this.#announcements.skip(home);
    this.#own.forgetIfEmpty(home);
  }

  #move(places: Extract<PresenceMessage, { type: 'moved' }>['places'], to: string): void {
    const taken: [string, string, number][] = [];
    for (const [channel, key, connection] of places) {
      const joinedAt = this.#own.move(connection, channel, key, to);
      if (joinedAt !== undefined) taken.push([channel, key, joinedAt]);
    }
    if (taken.length > 0) this.#topic.sendTo(to, { type: 'took', places: taken });
  }

  /** Another server says which versions it has, and what it thinks is watched here. */
  #compare(digest: DigestMessage, from: string): void {
    const { id } = this.#host.fleet.membership;
    const summary = digest.watching.find(([server]) => server === id);
    if (summary !== undefined && this.#views.isUnknownTo(summary[1], summary[2])) {
      this.#views.askForAll(from);
    } else this.#views.compare(from, digest);
  }

  #onServerGone(server: string, silentMs: number): void {
    this.#watchers.forget(server);
    for (const channel of [...this.#windows.keys()]) this.#forgetWindow(channel);
    this.#views.drop(server, Math.max(0, this.#host.settings.graceMs - silentMs));
  }

  /** This server could not hear, and can again. */
  #onThaw(): void {
    this.#graceEndsAt = this.#clock.now() + this.#host.settings.graceMs;
    this.#views.askEverybody();
    for (const window of this.#windows.values()) window.request();
  }

  #scheduleRepair(): void {
    this.#cancelRepair = this.#clock.after(this.#host.settings.repairMs, () => {
      this.#scheduleRepair();
      this.#repair();
    });
  }

  #repair(): void {
    const { membership } = this.#host.fleet;
    if (membership.servers.size === 0) return;
    this.#views.repair();
    // Somebody may still see a member who has left; a server that never had one is seen to have none.
    if (this.#announcements.version === 0 && this.#watchers.isEmpty) return;
    const digests = writeDigests(
      this.#own.homes.values(),
      this.#announcements.version,
      this.#watchers,
      membership.servers.keys(),
    );
    for (const digest of digests) this.#topic.sendToAll(digest);
  }

  /** While nobody can be heard, and for a grace after it, nobody is given up. */
  #afterGrace(ms: number, work: () => void): () => void {
    const attempt = (): void => {
      const leftMs = this.#host.fleet.membership.isFrozen
        ? this.#host.settings.graceMs
        : this.#graceEndsAt - this.#clock.now();
      if (leftMs > 0) cancel = this.#clock.after(leftMs, attempt);
      else work();
    };
    let cancel = this.#clock.after(ms, attempt);
    return () => cancel();
  }
}
