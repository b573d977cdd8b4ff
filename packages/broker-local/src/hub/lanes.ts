/** Lanes of one worker, and logs that it follows. A server has as many as its clients have channels. */
export const MAX_LANES = 1_000_000;

/** Somebody who gets what is sent on a lane. */
export interface LaneMember {
  /** `frame` is a whole `message`, as it came from its sender. */
  deliver(frame: Buffer): void;
}

/** Which workers want which lanes, by the keys of `laneKey()`. */
export class Lanes<Member extends LaneMember> {
  readonly #members = new Map<string, Set<Member>>();
  readonly #lanesOf = new Map<Member, Set<string>>();

  /** Lanes that somebody wants. */
  get size(): number {
    return this.#members.size;
  }

  /** False when the worker has as many as it may have. */
  join(key: string, member: Member): boolean {
    let lanes = this.#lanesOf.get(member);
    if (!lanes) {
      lanes = new Set();
      this.#lanesOf.set(member, lanes);
    }
    if (lanes.size >= MAX_LANES && !lanes.has(key)) return false;
    lanes.add(key);
    const members = this.#members.get(key);
    if (members) members.add(member);
    else this.#members.set(key, new Set([member]));
    return true;
  }

  leave(key: string, member: Member): void {
    if (this.#lanesOf.get(member)?.delete(key)) this.#remove(key, member);
  }

  leaveAll(member: Member): void {
    for (const key of this.#lanesOf.get(member) ?? []) this.#remove(key, member);
    this.#lanesOf.delete(member);
  }

  /** Hands a message to all who want its lane, except its sender. Returns how many they were. */
  route(key: string, frame: Buffer, from: Member): number {
    const members = this.#members.get(key);
    if (!members) return 0;
    let count = 0;
    for (const member of members) {
      if (member === from) continue;
      member.deliver(frame);
      count++;
    }
    return count;
  }

  #remove(key: string, member: Member): void {
    const members = this.#members.get(key);
    if (members?.delete(member) && members.size === 0) this.#members.delete(key);
  }
}
