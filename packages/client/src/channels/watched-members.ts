import type { PresenceChange, PresenceMember } from '@asyngular/channels';
import { MemberMap, type MemberUpdate } from '@asyngular/channels/internal';
import type { PresenceNotice, WireMember, WireMemberUpdate } from '@asyngular/protocol/internal';

/** What a server says of the members of a channel. */
export type MembersNotice = Extract<PresenceNotice, { type: 'sync' | 'changes' | 'count' }>;

/** The members of one channel, taken from what the server sends of them (docs/protocol.md P15.10 to P15.14). */
export class WatchedMembers {
  readonly map = new MemberMap();
  /** The members on the first pages of a sync. */
  #synced: PresenceMember[] = [];
  #nextPage = 1;

  /** Returns what has changed. */
  take(notice: MembersNotice): PresenceChange[] {
    switch (notice.type) {
      case 'sync':
        return this.#takePage(notice);
      case 'changes':
        return this.map.apply({
          enter: notice.enter.map(memberOf),
          update: notice.update.map(updateOf),
          leave: notice.leave,
        });
      case 'count':
        return this.map.setCount(notice.count);
    }
  }

  #takePage({ page, of, isPartial, members }: Extract<MembersNotice, { type: 'sync' }>) {
    if (page === 1) {
      this.#synced = [];
    } else if (page !== this.#nextPage) {
      // One is missing: the rest is of no use.
      this.#nextPage = 0;
      return [];
    }
    this.#synced.push(...members.map(memberOf));
    this.#nextPage = page + 1;
    return page < of ? [] : this.map.replace(this.#synced.splice(0), isPartial);
  }
}

function memberOf({ key, userId, state, at, n = 1 }: WireMember): PresenceMember {
  return { key, userId, state, joinedAt: at, connections: n };
}

function updateOf({ n, ...update }: WireMemberUpdate): MemberUpdate {
  return n === undefined ? update : { ...update, connections: n };
}
