import { BrokerError } from '@asyngular/protocol';
import type { FleetMembership, FleetTopic } from '../fleet/types.js';
import type { Clock } from '../turns/clock.js';
import type { Home } from './home.js';
import type { DeltaMessage, DigestMessage, PresenceMessage, StateMessage } from './messages.js';
import { partsOf } from './name-parts.js';
import { type Applied, Replica } from './replica.js';
import type { PresenceListener, PresenceMode, PresenceSettings, PresenceWatch } from './types.js';
import { View } from './view.js';
import { ChannelSet } from './watchers.js';

/** How long the first watcher of a channel waits for the answers of all servers, in ms. */
const FIRST_ANSWERS_MS = 250;
/** How long a channel is heard that nobody watches any more, in ms. */
const LINGER_MS = 5_000;
/** A question that is not answered is asked again after this time, so often; then at every repair. */
const RETRY_MS = 1_000;
const RETRIES = 3;

/** What the watched channels need of the rest. */
export interface ViewsHost {
  readonly clock: Clock;
  readonly settings: PresenceSettings;
  readonly topic: FleetTopic<PresenceMessage>;
  readonly membership: FleetMembership;
  modeOf(channel: string): PresenceMode;
  homeOf(channel: string): Home | undefined;
  afterGrace(work: () => void, ms?: number): () => void;
  emitWarning(warning: unknown): void;
}

/** The channels that are watched here: what is asked of other servers, and what becomes of their answers. */
export class Views {
  readonly #host: ViewsHost;
  readonly #views = new Map<string, View>();
  /** Their names, as the other servers should know them. */
  readonly #watched = new ChannelSet();
  /** When these were others. */
  #watchedAt = Number.NEGATIVE_INFINITY;
  /** Questions without an answer. */
  readonly #asked = new Set<Replica>();
  #cancelRetry: (() => void) | undefined;
  /** States asked for because something had been missed. */
  #repairs = 0;

  constructor(host: ViewsHost) {
    this.#host = host;
  }

  get(channel: string): View | undefined {
    return this.#views.get(channel);
  }

  watch(channel: string, listener: PresenceListener): PresenceWatch {
    let view = this.#views.get(channel);
    if (view === undefined) view = this.#open(channel);
    view.cancelEnd?.();
    view.add(listener);
    return this.#watchOf(view, listener);
  }

  counts(): { watched: number; remoteMembers: number; repairs: number } {
    let remoteMembers = 0;
    for (const { replicas } of this.#views.values()) {
      for (const { size } of replicas.values()) remoteMembers += size;
    }
    return { watched: this.#views.size, remoteMembers, repairs: this.#repairs };
  }

  /** Takes over what another server says of a channel. */
  take(message: DeltaMessage | StateMessage, from: string): void {
    const view = this.#views.get(message.channel);
    if (view === undefined) return;
    const replica = this.#replicaOf(view, from);
    if (message.type === 'state') {
      this.#change(view, replica, replica.applyState(message));
      return;
    }
    const applied = replica.applyDelta(message);
    if (applied === 'hole') this.#repair(replica);
    else if (applied !== 'old') this.#change(view, replica, applied);
  }

  /** Another server has nobody in the channels. */
  takeNone(channels: readonly string[], asOf: number, from: string): void {
    for (const channel of channels) {
      const view = this.#views.get(channel);
      if (view === undefined) continue;
      const replica = this.#replicaOf(view, from);
      this.#change(view, replica, replica.applyNone(asOf));
    }
  }

  /** Tells one server everything that is watched here; it answers with what it has. */
  askForAll(server: string): void {
    const channels = [...this.#watched];
    this.#tell(channels, (message) => this.#host.topic.sendTo(server, message));
    for (const channel of channels) {
      const view = this.#views.get(channel);
      if (view !== undefined) this.#expect(this.#replicaOf(view, server));
    }
  }

  /** Tells all servers; what they said before counts as incomplete. */
  askEverybody(): void {
    const channels = [...this.#watched];
    this.#tell(channels, (message) => this.#host.topic.sendToAll(message));
    for (const channel of channels) this.#expectAll(this.#views.get(channel));
  }

  /** Something of one channel was lost. */
  askAgain(server: string, channel: string): void {
    const view = this.#views.get(channel);
    if (view !== undefined) this.#repair(this.#replicaOf(view, server));
  }

  /** Whether somebody who thinks that so many channels with such hashes are watched here is mistaken. */
  isUnknownTo(count: number, hash: number): boolean {
    // What was said a moment ago may still be under way.
    if (this.#host.clock.now() - this.#watchedAt < RETRY_MS) return false;
    return count !== this.#watched.size || hash !== this.#watched.hash;
  }

  /** Compares what is known of a server with what it says. */
  compare(server: string, { asOf, part, of, versions }: DigestMessage): void {
    const said = new Map(versions);
    for (const [channel, hash] of this.#watched.hashes) {
      if (hash % of !== part) continue;
      const view = this.#views.get(channel);
      if (view === undefined) continue;
      const replica = this.#replicaOf(view, server);
      if (replica.differs(said.get(channel) ?? 0, asOf)) this.#repair(replica);
    }
  }

  /** Asks the servers that have not answered. */
  repair(): void {
    for (const view of this.#views.values()) {
      if (!this.#watched.has(view.channel)) this.#hear(view);
      for (const server of this.#host.membership.servers.keys()) {
        const replica = this.#replicaOf(view, server);
        if (replica.isAnswered) continue;
        replica.asked = 0;
        if (replica.askedAt === undefined) this.#ask(replica);
      }
    }
  }

  /** A server has gone. */
  drop(server: string, graceMs: number): void {
    for (const view of this.#views.values()) {
      const replica = view.replicas.get(server);
      if (replica !== undefined) this.#asked.delete(replica);
      view.drop(server, graceMs);
    }
    this.check();
  }

  /** Others are there than before, or everybody is known now: views that waited for this begin, or say so. */
  check(): void {
    for (const view of this.#views.values()) {
      this.#check(view);
      view.request();
    }
  }

  close(): void {
    this.#cancelRetry?.();
    for (const view of this.#views.values()) view.close();
    this.#views.clear();
  }

  #open(channel: string): View {
    const { clock, settings, membership, modeOf } = this.#host;
    const view = new View(
      {
        server: membership.id,
        clock,
        settings,
        homeOf: (name) => this.#host.homeOf(name),
        isComplete: (it) => this.#isComplete(it),
        afterGrace: (work, ms) => this.#host.afterGrace(work, ms),
      },
      channel,
      modeOf(channel),
    );
    this.#views.set(channel, view);
    this.#hear(view);
    this.#check(view);
    if (view.ready !== undefined) clock.after(FIRST_ANSWERS_MS, () => view.begin());
    return view;
  }

  #watchOf(view: View, listener: PresenceListener): PresenceWatch {
    return {
      get ready() {
        return view.ready;
      },
      get count() {
        return view.count;
      },
      snapshot: () => view.snapshot(),
      close: () => {
        view.remove(listener);
        if (view.hasListeners) return;
        view.cancelEnd?.();
        view.cancelEnd = this.#host.clock.after(LINGER_MS, () => {
          if (this.#views.get(view.channel) === view) this.#close(view);
        });
      },
    };
  }

  #close(view: View): void {
    const { channel } = view;
    view.close();
    this.#views.delete(channel);
    for (const replica of view.replicas.values()) this.#asked.delete(replica);
    this.#host.topic.unhear(channel);
    if (!this.#watched.delete(channel)) return;
    this.#watchedAt = this.#host.clock.now();
    this.#host.topic.sendToAll({ type: 'unwatch', channels: [channel] });
  }

  /** Hears a channel, and then asks: what changes in between would otherwise be missed. */
  #hear(view: View): void {
    const { channel } = view;
    const heard = (): void => {
      if (this.#views.get(channel) !== view || !this.#watched.add(channel)) return;
      this.#watchedAt = this.#host.clock.now();
      this.#host.topic.sendToAll({ type: 'watch', channels: [channel] });
      this.#expectAll(view);
    };
    const confirmed = this.#host.topic.hear(channel);
    if (confirmed === undefined) heard();
    else confirmed.then(heard, (error: unknown) => this.#warn(channel, error));
  }

  /** Every live server has been asked about the channel. */
  #expectAll(view: View | undefined): void {
    if (view === undefined) return;
    for (const server of this.#host.membership.servers.keys()) {
      this.#expect(this.#replicaOf(view, server));
    }
  }

  /** A server was asked, and what it said before counts as incomplete. */
  #expect(replica: Replica): void {
    replica.isAnswered = false;
    this.#note(replica);
  }

  #note(replica: Replica): void {
    replica.askedAt = this.#host.clock.now();
    replica.asked++;
    this.#asked.add(replica);
    this.#cancelRetry ??= this.#host.clock.after(RETRY_MS, this.#retry);
  }

  /** Asks for a state because something was missed. */
  #repair(replica: Replica): void {
    if (replica.askedAt !== undefined) return;
    this.#repairs++;
    this.#ask(replica);
  }

  #ask(replica: Replica): void {
    this.#note(replica);
    this.#host.topic.sendTo(replica.server, { type: 'watch', channels: [replica.channel] });
  }

  readonly #retry = (): void => {
    this.#cancelRetry = undefined;
    const now = this.#host.clock.now();
    for (const replica of [...this.#asked]) {
      if (replica.asked > RETRIES) {
        this.#asked.delete(replica);
        replica.askedAt = undefined;
      } else if (now - replica.askedAt! >= RETRY_MS) this.#ask(replica);
    }
    if (this.#asked.size > 0) {
      this.#cancelRetry ??= this.#host.clock.after(RETRY_MS, this.#retry);
    }
  };

  #change(view: View, replica: Replica, applied: Applied | undefined): void {
    if (replica.askedAt === undefined) {
      this.#asked.delete(replica);
      // A change came before the answer that it was to be applied to.
      if (replica.isBehind) this.#repair(replica);
    }
    if (applied !== undefined) this.#follow(view, applied.moved, view.change(applied));
    else view.request();
    this.#check(view);
  }

  /** Those who went to another server and have not arrived there, as far as is known here, are asked for there. */
  #follow(view: View, moved: ReadonlyMap<string, string>, awaited: readonly string[]): void {
    for (const key of awaited) {
      const server = moved.get(key)!;
      if (!this.#host.membership.servers.has(server)) continue;
      this.#repair(this.#replicaOf(view, server));
    }
  }

  #replicaOf(view: View, server: string): Replica {
    let replica = view.replicas.get(server);
    if (replica === undefined) {
      replica = new Replica(server, view.channel);
      view.replicas.set(server, replica);
    }
    return replica;
  }

  #isComplete(view: View): boolean {
    const { membership } = this.#host;
    if (membership.isFrozen || !membership.isSettled) return false;
    for (const server of membership.servers.keys()) {
      if (!view.replicas.get(server)?.isAnswered) return false;
    }
    return true;
  }

  #check(view: View): void {
    if (view.ready !== undefined && this.#isComplete(view)) view.begin();
  }

  #tell(channels: readonly string[], send: (message: PresenceMessage) => void): void {
    for (const part of partsOf(channels)) send({ type: 'watch', channels: part });
  }

  #warn(channel: string, error: unknown): void {
    this.#host.emitWarning(
      new BrokerError(
        `The presence of other servers in the ${channel} channel cannot be heard, and is asked for again: ${error}`,
        { cause: error },
      ),
    );
  }
}
