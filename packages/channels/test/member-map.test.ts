import { describe, expect, it } from 'vitest';
import { MemberMap } from '../src/internal.js';
import type { PresenceChange, PresenceMember } from '../src/presence-types.js';

function member(key: string, state: unknown = {}, connections = 1): PresenceMember {
  return { key, userId: key, state, joinedAt: 1_000, connections };
}

/** What changed, in words: `enter ada`. */
function words(changes: readonly PresenceChange[]): string[] {
  return changes.map((change) => {
    switch (change.type) {
      case 'sync':
        return `sync ${[...change.members.keys()].join()} of ${change.count}`;
      case 'count':
        return `count ${change.count}`;
      default:
        return `${change.type} ${change.member.key}`;
    }
  });
}

/** A map that knows these members. */
function mapOf(...members: PresenceMember[]): MemberMap {
  const map = new MemberMap();
  map.replace(members);
  return map;
}

describe('a map of members', () => {
  it('knows nothing at first, and ignores changes until it does', () => {
    const map = new MemberMap();
    expect([map.isKnown, map.members.size, map.count]).toEqual([false, 0, 0]);
    expect(map.apply({ enter: [member('ada')] })).toEqual([]);
    expect(map.members.size).toBe(0);
  });

  it('begins with one sync, also of nobody', () => {
    expect(words(new MemberMap().replace([member('ada'), member('bob')]))).toEqual([
      'sync ada,bob of 2',
    ]);
    expect(words(new MemberMap().replace([]))).toEqual(['sync  of 0']);
  });

  it('names who entered, changed and left, with what they were at last', () => {
    const map = mapOf(member('ada', { status: 'online' }), member('bob', { status: 'away' }));
    const changes = map.apply({
      enter: [member('cy')],
      update: [{ key: 'ada', state: { status: 'typing' } }],
      leave: ['bob'],
    });
    expect(words(changes)).toEqual(['leave bob', 'update ada', 'enter cy']);
    expect(changes[0]?.member?.state).toEqual({ status: 'away' });
    expect(changes[1]?.member).toEqual(member('ada', { status: 'typing' }));
    expect([...map.members.keys()]).toEqual(['ada', 'cy']);
  });

  it('P15.13: takes an entry of whom it has as an update, and nothing else of strangers', () => {
    const map = mapOf(member('ada'));
    expect(words(map.apply({ enter: [member('ada', 1)] }))).toEqual(['update ada']);
    expect(map.apply({ update: [{ key: 'bob', connections: 2 }], leave: ['cy'] })).toEqual([]);
    expect(map.members.size).toBe(1);
  });

  it('P15.13: removes nobody for a partial sync', () => {
    const map = mapOf(member('ada'), member('bob'));
    expect(words(map.replace([member('cy')], true))).toEqual(['enter cy']);
    expect(words(map.replace([member('cy')]))).toEqual(['leave ada', 'leave bob']);
  });

  it('raises nothing for what it knows', () => {
    const map = mapOf(member('ada', { at: [1, { x: null }] }));
    const { members } = map;
    expect(map.apply({ enter: [member('ada', { at: [1, { x: null }] })], leave: ['bob'] })).toEqual(
      [],
    );
    expect(map.replace([{ ...member('ada', { at: [1, { x: null }] }), joinedAt: 2_000 }])).toEqual(
      [],
    );
    expect(map.members).toBe(members);
  });

  it.each([
    ['a value', { a: 1 }, { a: 2 }],
    ['a name', { a: undefined }, { b: undefined }],
    ['one name more', { a: 1 }, { a: 1, b: 1 }],
    ['a list for an object', [], {}],
    ['a value for an object', {}, null],
    ['another date', new Date(1), new Date(1)],
    ['what is inside', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
  ])('sees a state that differs by %s', (_difference, before, after) => {
    const map = mapOf(member('ada', before));
    expect(words(map.apply({ enter: [member('ada', after)] }))).toEqual(['update ada']);
  });

  it('takes the same members in another order of names as the same', () => {
    const map = mapOf(member('ada', { a: 1, b: 2 }));
    expect(map.apply({ enter: [member('ada', { b: 2, a: 1 })] })).toEqual([]);
  });

  it('sees another connection of a member', () => {
    const map = mapOf(member('ada'));
    expect(words(map.apply({ update: [{ key: 'ada', connections: 2 }] }))).toEqual(['update ada']);
    expect(map.members.get('ada')?.connections).toBe(2);
  });

  it('gives only the difference when everything comes again', () => {
    const map = mapOf(member('ada'), member('bob'), member('cy', 1));
    expect(words(map.replace([member('ada'), member('cy', 2), member('dan')]))).toEqual([
      'leave bob',
      'update cy',
      'enter dan',
    ]);
    expect(map.replace([member('ada'), member('cy', 2), member('dan')])).toEqual([]);
  });

  it('shows a frozen map, another one per set of changes, which stays what it was', () => {
    const map = mapOf(member('ada'));
    const before = map.members;
    expect(map.members).toBe(before);
    map.apply({ enter: [member('bob'), member('cy')], leave: ['ada'] });
    expect([...before.keys()]).toEqual(['ada']);
    expect([...map.members.keys()]).toEqual(['bob', 'cy']);
    expect([Object.isFrozen(map.members), Object.isFrozen(map.members.get('bob'))]).toEqual([
      true,
      true,
    ]);
  });

  it('counts, where nobody says who is there', () => {
    const map = new MemberMap();
    expect(words(map.setCount(41))).toEqual(['sync  of 41']);
    expect(words(map.setCount(42))).toEqual(['count 42']);
    expect(map.setCount(42)).toEqual([]);
    expect([map.count, map.members.size]).toEqual([42, 0]);
    expect(map.apply({ enter: [member('ada')] })).toEqual([]);
  });

  it('goes over to a count and back with a sync', () => {
    const map = mapOf(member('ada'), member('bob'));
    expect(words(map.setCount(5_001))).toEqual(['sync  of 5001']);
    expect(words(map.replace([member('ada')]))).toEqual(['sync ada of 1']);
  });

  it('says once that nothing is known any more', () => {
    const map = mapOf(member('ada'));
    expect(words(map.forget())).toEqual(['sync  of 0']);
    expect(map.isKnown).toBe(false);
    expect(map.forget()).toEqual([]);
    expect(words(map.replace([member('ada')]))).toEqual(['sync ada of 1']);
  });
});
