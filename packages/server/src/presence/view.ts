import type { Clock } from '../turns/clock.js';
import type { Home } from './home.js';
import { isSameFace, mergeRecords, type PresenceRecord, type Source } from './record.js';
import type { Applied, Replica } from './replica.js';
import type {
  PresenceChanges,
  PresenceListener,
  PresenceMember,
  PresenceMode,
  PresenceSettings,
  PresenceSnapshot,
} from './types.js';
import { Window } from './window.js';

/**
 * How long a number of connections has to hold before it is an event of its own. A connection that is replaced by
 * another one, here or elsewhere, is two of them for a moment.
 */
const SETTLE_MS = 1_000;
/** The part of `maxMembers` below which a channel that had more shows its members again. */
const BACK_BELOW = 0.9;

/** What a view needs of the rest. */
export interface ViewHost {
  readonly server: string;
  readonly clock: Clock;
  readonly settings: PresenceSettings;
  /** The members who are connected here. */
  homeOf(channel: string): Home | undefined;
  /** Whether every live server has answered. */
  isComplete(view: View): boolean;
  /** See `OwnMembersHost.afterGrace`. */
  afterGrace(work: () => void, ms?: number): () => void;
}

/** Somebody who may be back elsewhere soon: nothing is said of them until it is certain. */
interface Held {
  readonly record: PresenceRecord;
  /** Servers that had the key at that time, too. On any other one it is back. */
  readonly others: readonly string[];
  readonly release: () => void;
}

/** What the listeners know of a key that has changed since. */
interface Touched {
  readonly before: PresenceRecord | undefined;
  readonly sinceMs: number;
}

/** A channel that is watched here: the records of all servers put together, and what of it the listeners know. */
export class View {
  readonly channel: string;
  /** What is known of the other servers. */
  readonly replicas = new Map<string, Replica>();
  /** Keeps it, when nobody has listened for a moment. */
  cancelEnd: (() => void) | undefined;
  readonly #host: ViewHost;
  readonly #policy: PresenceMode;
  readonly #merged = new Map<string, PresenceRecord>();
  readonly #held = new Map<string, Held>();
  readonly #touched = new Map<string, Touched>();
  readonly #listeners = new Set<PresenceListener>();
  readonly #window: Window;
  readonly #beginning: { promise: Promise<void>; resolve: () => void };
  #isReady = false;
  #told: { mode: PresenceMode; count: number; isComplete: boolean };
  #cancelSettling: (() => void) | undefined;

  constructor(host: ViewHost, channel: string, policy: PresenceMode) {
    this.#host = host;
    this.channel = channel;
    this.#policy = policy;
    this.#told = { mode: policy, count: 0, isComplete: false };
    this.#window = new Window(host.clock, host.settings.intervalMs / 2, () => this.#flush());
    let resolve!: () => void;
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#beginning = { promise, resolve };
    for (const { key } of host.homeOf(channel)?.records() ?? []) this.refresh(key);
  }

  get ready(): Promise<void> | undefined {
    return this.#isReady ? undefined : this.#beginning.promise;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  get count(): number {
    if (this.#mode === 'members') return this.#merged.size;
    let count = this.#host.homeOf(this.channel)?.members.size ?? 0;
    for (const { size } of this.replicas.values()) count += size;
    return count;
  }

  add(listener: PresenceListener): void {
    this.#listeners.add(listener);
  }

  remove(listener: PresenceListener): void {
    this.#listeners.delete(listener);
  }

  /** There is a first snapshot, complete or not. */
  begin(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#touched.clear();
    this.#tell();
    this.#beginning.resolve();
  }

  snapshot(): PresenceSnapshot {
    if (this.#isReady) this.#flush();
    const { mode, count, isComplete } = this.#told;
    if (mode === 'count') return { mode, members: [], count, isComplete };
    const members = new Map<string, PresenceMember>(this.#merged);
    // What is not settled has not been told to anybody.
    for (const [key, { before }] of this.#touched)
      if (before !== undefined) members.set(key, before);
    return { mode, members: [...members.values()], count, isComplete };
  }

  /** The record of a member on this server has changed; `movedTo`: it is on that one now. */
  changeOwn(key: string, movedTo: string | undefined): void {
    this.refresh(key, this.#heldUntil(key, movedTo));
    this.request();
  }

  /** Something of another server was taken over. Returns the keys of those who moved and have not arrived yet. */
  change({ touched, moved }: Applied): string[] {
    const awaited: string[] = [];
    for (const key of touched) {
      const held = this.#heldUntil(key, moved.get(key));
      this.refresh(key, held);
      if (held !== undefined && this.#held.has(key)) awaited.push(key);
    }
    this.request();
    return awaited;
  }

  /** A server is not there any more. Its members may come back elsewhere within `graceMs`. */
  drop(server: string, graceMs: number): void {
    const replica = this.replicas.get(server);
    if (replica === undefined) return;
    this.replicas.delete(server);
    for (const [key, record] of replica.records) this.refresh(key, record, graceMs);
    this.request();
  }

  /** Something may have changed that listeners should know. */
  request(): void {
    if (this.#isReady) this.#window.request();
  }

  /** Puts together what is known of a key. `held`: what stays for the grace, if there is nothing else. */
  refresh(key: string, held?: PresenceRecord, graceMs?: number): void {
    if (this.#policy === 'count') return;
    const before = this.#merged.get(key);
    const sources = this.#sourcesOf(key);
    if (held !== undefined) this.#hold(key, held, sources, graceMs);
    else if (this.#isBack(key, sources)) this.#release(key);
    const after = sources.length > 0 ? mergeRecords(sources) : this.#held.get(key)?.record;
    if (before === after) return;
    if (after === undefined) this.#merged.delete(key);
    else this.#merged.set(key, after);
    if (!this.#isReady || this.#touched.has(key)) return;
    this.#touched.set(key, { before, sinceMs: this.#host.clock.now() });
  }

  close(): void {
    this.#window.close();
    this.#cancelSettling?.();
    for (const { release } of this.#held.values()) release();
    this.#beginning.resolve();
  }

  get #mode(): PresenceMode {
    if (this.#policy === 'count' || this.#host.homeOf(this.channel)?.isCounted) return 'count';
    for (const { count } of this.replicas.values()) if (count !== undefined) return 'count';
    const { maxMembers } = this.#host.settings;
    const limit = this.#told.mode === 'count' ? maxMembers * BACK_BELOW : maxMembers;
    return this.#merged.size > limit ? 'count' : 'members';
  }

  /** What is shown of somebody who moved to another server, until that one says so, too. */
  #heldUntil(key: string, movedTo: string | undefined): PresenceRecord | undefined {
    if (movedTo === undefined) return undefined;
    const hasArrived = this.#sourcesOf(key).some(({ server }) => server === movedTo);
    return hasArrived ? undefined : this.#merged.get(key);
  }

  /** What each server says of a key. */
  #sourcesOf(key: string): Source[] {
    const own = this.#host.homeOf(this.channel)?.members.get(key)?.record;
    const sources = own === undefined ? [] : [{ server: this.#host.server, record: own }];
    for (const { server, records } of this.replicas.values()) {
      const record = records.get(key);
      if (record !== undefined) sources.push({ server, record });
    }
    return sources;
  }

  #hold(key: string, record: PresenceRecord, sources: readonly Source[], graceMs?: number): void {
    this.#release(key);
    const release = this.#host.afterGrace(() => {
      this.#held.delete(key);
      this.refresh(key);
      this.request();
    }, graceMs);
    this.#held.set(key, { record, others: sources.map(({ server }) => server), release });
  }

  /** Whether somebody who is held is on a server on which they were not. */
  #isBack(key: string, sources: readonly Source[]): boolean {
    const others = this.#held.get(key)?.others;
    return others !== undefined && sources.some(({ server }) => !others.includes(server));
  }

  #release(key: string): void {
    this.#held.get(key)?.release();
    this.#held.delete(key);
  }

  /** Tells the listeners what has changed since they were told last. */
  #flush(): void {
    const told = this.#told;
    const mode = this.#mode;
    if (mode !== told.mode || mode === 'count') this.#touched.clear();
    const lists = this.#takeTouched();
    this.#tell(mode);
    const { count, isComplete } = this.#told;
    const isReset = mode !== told.mode;
    const isNews =
      isReset ||
      count !== told.count ||
      (isComplete && !told.isComplete) ||
      lists.enter.length + lists.update.length + lists.leave.length > 0;
    if (!isNews) return;
    const changes: PresenceChanges = { ...lists, count, isComplete, isReset };
    for (const listener of [...this.#listeners]) listener.onChanges(changes);
  }

  #tell(mode = this.#mode): void {
    this.#told = { mode, count: this.count, isComplete: this.#host.isComplete(this) };
  }

  /** Sorts what has changed, and keeps what may be about to change back. */
  #takeTouched(): Pick<PresenceChanges, 'enter' | 'update' | 'leave'> {
    const now = this.#host.clock.now();
    const enter: PresenceMember[] = [];
    const update: PresenceMember[] = [];
    const leave: PresenceMember[] = [];
    let settlesInMs = Number.POSITIVE_INFINITY;
    for (const [key, { before, sinceMs }] of this.#touched) {
      const after = this.#merged.get(key);
      if (before !== undefined && after !== undefined && isSameFace(before, after)) {
        if (before.connections !== after.connections) {
          const leftMs = sinceMs + SETTLE_MS - now;
          if (leftMs > 0) {
            settlesInMs = Math.min(settlesInMs, leftMs);
            continue;
          }
          update.push(after);
        }
      } else if (after === undefined) {
        if (before !== undefined) leave.push(before);
      } else if (before === undefined) enter.push(after);
      else update.push(after);
      this.#touched.delete(key);
    }
    this.#cancelSettling?.();
    this.#cancelSettling = undefined;
    if (settlesInMs < Number.POSITIVE_INFINITY) {
      this.#cancelSettling = this.#host.clock.after(settlesInMs, () => this.request());
    }
    return { enter, update, leave };
  }
}
