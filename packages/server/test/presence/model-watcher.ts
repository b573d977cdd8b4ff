import type {
  Presence,
  PresenceChanges,
  PresenceMember,
  PresenceWatch,
} from '../../src/presence/types.js';

/** What is wrong with a change set, or with the whole. */
export class BrokenPromise extends Error {}

/** `sinceMs`: when the one who was told began to watch. */
export type OnLeave = (channel: string, key: string, sinceMs: number) => void;

/** Follows the change sets of a channel from a snapshot on, and insists that they fit together. */
export class ModelWatcher {
  readonly members = new Map<string, PresenceMember>();
  count = 0;
  isCounted = false;
  /** Whether everybody has answered, as it was told last. */
  isComplete = false;
  readonly #channel: string;
  readonly #watch: PresenceWatch;
  readonly #onLeave: OnLeave;
  #hasBegun = false;
  #isBeginning = false;

  readonly #sinceMs: number;

  constructor(presence: Presence, channel: string, nowMs: number, onLeave: OnLeave) {
    this.#sinceMs = nowMs;
    this.#channel = channel;
    this.#onLeave = onLeave;
    this.#watch = presence.watch(channel, { onChanges: (changes) => this.#onChanges(changes) });
    if (this.#watch.ready === undefined) this.#begin();
  }

  /** Whether there has been a first snapshot. */
  get hasBegun(): boolean {
    if (!this.#hasBegun && this.#watch.ready === undefined) this.#begin();
    return this.#hasBegun;
  }

  /** Compares what the change sets have made of the first snapshot with one of now. */
  check(): void {
    const followed = this.#describe();
    const { mode, members, count } = this.#watch.snapshot();
    const changed = this.#describe();
    this.isCounted = mode === 'count';
    this.count = count;
    this.members.clear();
    for (const member of members) this.members.set(member.key, member);
    if (changed !== this.#describe()) {
      throw new BrokenPromise(
        `${this.#channel}: ${followed}, then ${changed}, and the snapshot says ${this.#describe()}`,
      );
    }
  }

  /** Who is there now. */
  snapshot() {
    return this.#watch.snapshot();
  }

  close(): void {
    this.#watch.close();
  }

  #begin(): void {
    this.#isBeginning = true;
    this.#reset();
    this.#isBeginning = false;
    this.#hasBegun = true;
  }

  #reset(): void {
    const { mode, members, count, isComplete } = this.#watch.snapshot();
    this.isComplete = isComplete;
    this.isCounted = mode === 'count';
    this.count = count;
    this.members.clear();
    for (const member of members) this.members.set(member.key, member);
  }

  #onChanges(changes: PresenceChanges): void {
    if (this.#isBeginning) return;
    if (!this.#hasBegun) {
      // Where promises are, `ready` would have been heard of by now.
      if (!this.hasBegun) throw new BrokenPromise('Changes came before there was a snapshot');
      return;
    }
    this.isComplete = changes.isComplete;
    if (changes.isReset) {
      this.#reset();
      return;
    }
    const keys = new Set<string>();
    const note = ({ key }: PresenceMember, isKnown: boolean): void => {
      if (keys.has(key)) throw new BrokenPromise(`${key} is twice in a change set`);
      keys.add(key);
      if (this.members.has(key) === isKnown) return;
      throw new BrokenPromise(`${key} ${isKnown ? 'changes and is not there' : 'enters twice'}`);
    };
    for (const member of changes.enter) {
      note(member, false);
      this.members.set(member.key, member);
    }
    for (const member of changes.update) {
      note(member, true);
      this.members.set(member.key, member);
    }
    for (const member of changes.leave) {
      note(member, true);
      this.members.delete(member.key);
      this.#onLeave(this.#channel, member.key, this.#sinceMs);
    }
    this.count = changes.count;
    if (!this.isCounted && this.count !== this.members.size) {
      throw new BrokenPromise(`The count is ${this.count}, of ${this.members.size} members`);
    }
  }

  #describe(): string {
    const members = [...this.members.values()]
      .map(({ key, state, connections }) => `${key}=${JSON.stringify(state)}×${connections}`)
      .sort()
      .join(' ');
    return this.isCounted ? `${this.count}` : `${this.count}: ${members}`;
  }
}
