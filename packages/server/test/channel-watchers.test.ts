import { jsonCodec } from '@asyngular/protocol';
import { describe, expect, it } from 'vitest';
import { Codecs } from '../src/codecs/codecs.js';
import { ChannelWatchers } from '../src/members/channel-watchers.js';
import type { MemberWatcher } from '../src/members/watcher-feed.js';
import type { OutboundPacket } from '../src/outbound/outbound-packet.js';
import { SharedPacket } from '../src/outbound/shared-packet.js';
import type {
  PresenceChanges,
  PresenceListener,
  PresenceMember,
  PresenceSnapshot,
} from '../src/presence/types.js';
import { VirtualClock } from './support/virtual-clock.js';

const PAUSE_MS = 50;

/** One channel whose members are as the test says. */
function scene(start: Partial<PresenceSnapshot> = {}, ready?: Promise<void>) {
  const clock = new VirtualClock();
  let snapshot: PresenceSnapshot = {
    mode: 'members',
    members: [],
    count: 0,
    isComplete: true,
    ...start,
  };
  let listener: PresenceListener | undefined;
  let isClosed = false;
  let framed = 0;
  const modes: string[] = [];
  const watchers = new ChannelWatchers('c', {
    presence: {
      enter: () => {
        throw new Error('nobody enters here');
      },
      watch: (_, given) => {
        listener = given;
        return {
          ready,
          get count() {
            return snapshot.count;
          },
          snapshot: () => snapshot,
          close: () => {
            isClosed = true;
          },
        };
      },
      counts: () => ({ members: 0, watched: 0, remoteMembers: 0, repairs: 0 }),
    },
    clock,
    pauseMs: PAUSE_MS,
    share: (packet) =>
      new SharedPacket(packet, {
        codecs: new Codecs(undefined, undefined),
        engine: {
          prepare: () => {
            framed++;
            return { byteLength: 1 };
          },
        },
      }),
    onMode: (_, mode) => modes.push(mode),
  });
  return {
    clock,
    watchers,
    modes,
    framed: () => framed,
    isClosed: () => isClosed,
    set(next: Partial<PresenceSnapshot>) {
      snapshot = { ...snapshot, ...next };
    },
    change(changes: Partial<PresenceChanges>) {
      const none = { enter: [], update: [], leave: [], count: snapshot.count };
      listener?.onChanges({ ...none, isComplete: true, isReset: false, ...changes });
    },
  };
}

/** A socket that records what it is sent, and is slow when the test says so. */
class Watcher implements MemberWatcher {
  isSlow = false;
  /** So many packets are taken before it is slow. */
  room = Number.POSITIVE_INFINITY;
  readonly sent: any[] = [];

  send({ data }: OutboundPacket): void {
    const { channel: _, ...rest } = data as { channel: string };
    this.sent.push(rest);
    if (--this.room <= 0) this.isSlow = true;
  }

  sendShared(packet: SharedPacket): void {
    void packet.frameFor(jsonCodec);
    this.send(packet.packet);
  }
}

function member(key: string, state: unknown = 1): PresenceMember {
  return { key, userId: undefined, state, joinedAt: 5, connections: 1 };
}

const wire = (key: string, state: unknown = 1) => ({ key, state, at: 5 });
const sync = (...members: object[]) => ({ sync: true, page: 1, of: 1, members });

describe('the watchers of a channel', () => {
  it('who come in the same pause begin together, and nobody gets more than everybody', () => {
    const { clock, watchers, set, framed } = scene();
    const [first, second, third] = [new Watcher(), new Watcher(), new Watcher()];
    watchers.add(first);
    clock.pass(1);
    expect(first.sent).toEqual([sync()]);
    set({ members: [member('ada')], count: 1 });
    watchers.add(second);
    clock.pass(10);
    watchers.add(third);
    expect(second.sent).toEqual([]);
    clock.pass(PAUSE_MS);
    expect(second.sent).toEqual([sync(wire('ada'))]);
    expect(third.sent).toEqual(second.sent);
    expect(first.sent).toHaveLength(1);
    expect(framed()).toBe(2);
  });

  it('P15.12 who come one after the other are no reason to send more often', () => {
    const { clock, watchers, change } = scene();
    const first = new Watcher();
    watchers.add(first);
    clock.pass(1);
    for (let n = 0; n < 100; n++) {
      // The members hand out what is collected when somebody begins, and else when the pause is over.
      if (n % 5 === 0) change({ update: [member('ada', n)], count: 1 });
      watchers.add(new Watcher());
      clock.pass(10);
    }
    expect(first.sent.length).toBeLessThanOrEqual(22);
  });

  it('get fewer and larger sets of changes when they are a crowd', () => {
    const { clock, watchers, change, framed } = scene();
    const crowd = Array.from({ length: 500 }, () => new Watcher());
    for (const watcher of crowd) watchers.add(watcher);
    clock.pass(1);
    for (let x = 1; x <= 20; x++) {
      change({ enter: [member(`m${x}`)], update: [member('ada', x)], count: x });
      clock.pass(50);
    }
    clock.pass(200);
    const [first] = crowd;
    expect(crowd.every(({ sent }) => sent.length === first!.sent.length)).toBe(true);
    expect(first!.sent.length).toBeLessThanOrEqual(10);
    expect(first!.sent.flatMap(({ enter = [] }) => enter)).toHaveLength(20);
    expect(first!.sent.at(-1)).toMatchObject({ update: [{ key: 'ada', state: 20 }], count: 20 });
    expect(framed()).toBe(first!.sent.length);
    watchers.close();
  });

  it('of a crowd who begin between two sets of changes learn what becomes of members in both', () => {
    const { clock, watchers, set, change } = scene({ members: [member('ada')], count: 1 });
    const crowd = Array.from({ length: 500 }, () => new Watcher());
    for (const watcher of crowd) watchers.add(watcher);
    clock.pass(1);
    change({ enter: [member('bob')], leave: [member('ada')], count: 1 });
    set({ members: [member('bob')] });
    const late = new Watcher();
    watchers.add(late);
    for (let n = 0; n < 30 && late.sent.length === 0; n++) clock.pass(10);
    expect(late.sent).toEqual([sync(wire('bob'))]);
    change({ enter: [member('ada', 'back')], leave: [member('bob')], count: 1 });
    clock.pass(300);
    const changes = { enter: [wire('ada', 'back')], leave: ['bob'], count: 1 };
    expect(late.sent.slice(1)).toEqual([changes]);
    expect(crowd[0]!.sent.at(-1)).toEqual(changes);
    watchers.close();
  });

  it('get changes in one frame, once they have begun', () => {
    const { clock, watchers, change, framed } = scene();
    const [first, second] = [new Watcher(), new Watcher()];
    watchers.add(first);
    watchers.add(second);
    change({ enter: [member('early')], count: 1 });
    clock.pass(1);
    change({ enter: [member('ada')], leave: [member('bob')], count: 1 });
    const changes = { enter: [wire('ada')], leave: ['bob'], count: 1 };
    expect(first.sent).toEqual([sync(), changes]);
    expect(second.sent).toEqual([sync(), changes]);
    expect(framed()).toBe(2);
  });

  it('wait until there is something to begin with', async () => {
    let settle = () => {};
    const ready = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const { clock, watchers } = scene({ members: [member('ada')], count: 1 }, ready);
    const watcher = new Watcher();
    watchers.add(watcher);
    clock.pass(1_000);
    expect(watcher.sent).toEqual([]);
    settle();
    await ready;
    expect(watcher.sent).toEqual([sync(wire('ada'))]);
  });

  it('P15.10 who begin with a part are told of everybody when that is known', () => {
    const { clock, watchers, set, change } = scene({ isComplete: false });
    const [early, late] = [new Watcher(), new Watcher()];
    watchers.add(early);
    clock.pass(1);
    expect(early.sent).toEqual([{ ...sync(), partial: true }]);
    change({ enter: [member('ada')], count: 1, isComplete: false });
    set({ members: [member('ada'), member('bob')], count: 2, isComplete: true });
    change({ isComplete: true });
    clock.pass(PAUSE_MS);
    watchers.add(late);
    clock.pass(PAUSE_MS);
    const all = sync(wire('ada'), wire('bob'));
    expect(early.sent.slice(1)).toEqual([{ enter: [wire('ada')], count: 1 }, all]);
    expect(late.sent).toEqual([all]);
    change({ isComplete: true });
    expect(late.sent).toHaveLength(1);
  });

  it('P15.14 begin anew when the channel changes between members and numbers', () => {
    const { clock, watchers, set, change, modes } = scene();
    const watcher = new Watcher();
    watchers.add(watcher);
    clock.pass(1);
    set({ mode: 'count', count: 5_001 });
    change({ isReset: true });
    clock.pass(PAUSE_MS);
    set({ mode: 'members', members: [member('ada')], count: 1 });
    change({ isReset: true });
    clock.pass(PAUSE_MS);
    expect(watcher.sent).toEqual([sync(), { count: 5_001 }, sync(wire('ada'))]);
    expect(modes).toEqual(['members', 'count', 'members']);
  });

  it('P15.14 get a number at most once a second', () => {
    const { clock, watchers, set, change } = scene({ mode: 'count', count: 1 });
    const watcher = new Watcher();
    watchers.add(watcher);
    clock.pass(1);
    for (let count = 2; count <= 50; count++) {
      set({ count });
      change({ count });
      clock.pass(100);
    }
    clock.pass(1_000);
    const counts = watcher.sent.map(({ count }) => count);
    expect(counts.length).toBeLessThanOrEqual(8);
    expect(counts.at(-1)).toBe(50);
  });

  it('P15.16 are sent nothing more when they have gone', () => {
    const { clock, watchers, change, isClosed } = scene();
    const [first, second] = [new Watcher(), new Watcher()];
    watchers.add(first);
    watchers.add(second);
    watchers.remove(first);
    clock.pass(1);
    change({ enter: [member('ada')], count: 1 });
    watchers.remove(second);
    expect(watchers.size).toBe(0);
    watchers.add(first);
    watchers.close();
    clock.pass(1_000);
    expect(first.sent).toEqual([]);
    expect(second.sent).toHaveLength(2);
    expect(isClosed()).toBe(true);
  });
});

describe('P15.12 a slow watcher', () => {
  function slowScene() {
    const parts = scene({ members: [member('ada'), member('bob')], count: 2 });
    const watcher = new Watcher();
    parts.watchers.add(watcher);
    parts.clock.pass(1);
    watcher.isSlow = true;
    const goOn = () => {
      watcher.isSlow = false;
      parts.watchers.goOn(watcher);
    };
    return { ...parts, watcher, goOn };
  }

  it('gets the outcome of many changes when it has room again', () => {
    const { change, watcher, goOn } = slowScene();
    for (let x = 0; x < 100; x++) change({ update: [member('ada', x)], count: 2 });
    change({ enter: [member('eve')], count: 3 });
    change({ update: [member('eve', 2)], leave: [member('bob')], count: 2 });
    change({ enter: [member('flash')], count: 3 });
    change({ leave: [member('flash')], count: 2 });
    expect(watcher.sent).toHaveLength(1);
    goOn();
    expect(watcher.sent.slice(1)).toEqual([
      {
        enter: [wire('eve', 2)],
        update: [{ key: 'ada', state: 99, n: 1 }],
        leave: ['bob'],
        count: 2,
      },
    ]);
    change({ update: [member('ada', 'live')], count: 2 });
    expect(watcher.sent).toHaveLength(3);
  });

  it('gets a member who left and came back as one that changed', () => {
    const { change, watcher, goOn } = slowScene();
    change({ leave: [member('ada')], count: 1 });
    change({ enter: [member('ada', 'back')], count: 2 });
    goOn();
    expect(watcher.sent.at(-1)).toEqual({
      update: [{ key: 'ada', state: 'back', n: 1 }],
      count: 2,
    });
  });

  it('gets nothing when nothing is different in the end', () => {
    const { change, watcher, goOn } = slowScene();
    change({ enter: [member('flash')], count: 3 });
    change({ leave: [member('flash')], count: 2 });
    goOn();
    expect(watcher.sent).toHaveLength(1);
  });

  it('is told of everybody when too much has changed', () => {
    const { clock, set, change, watcher, goOn } = slowScene();
    const members = Array.from({ length: 600 }, (_, n) => member(`m${n}`));
    set({ members, count: 600 });
    change({ enter: members, leave: [member('ada'), member('bob')], count: 600 });
    goOn();
    clock.pass(PAUSE_MS);
    expect(watcher.sent.slice(1).map(({ page, of }) => [page, of])).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it('gets the rest of its pages, then the changes since', () => {
    const members = Array.from({ length: 1_100 }, (_, n) => member(`m${n}`));
    const { clock, watchers, change } = scene({ members, count: 1_100 });
    const watcher = new Watcher();
    watcher.room = 1;
    watchers.add(watcher);
    clock.pass(1);
    change({ leave: [member('m0')], count: 1_099 });
    expect(watcher.sent.map(({ page }) => page)).toEqual([1]);
    watcher.isSlow = false;
    watcher.room = 1;
    watchers.goOn(watcher);
    expect(watcher.sent.map(({ page }) => page)).toEqual([1, 2]);
    watcher.isSlow = false;
    watcher.room = 2;
    watchers.goOn(watcher);
    expect(watcher.sent.slice(2)).toEqual([
      expect.objectContaining({ page: 3 }),
      { leave: ['m0'], count: 1_099 },
    ]);
  });

  it('gets the newest number', () => {
    const { clock, watchers, set, change } = scene({ mode: 'count', count: 1 });
    const watcher = new Watcher();
    watchers.add(watcher);
    clock.pass(1);
    watcher.isSlow = true;
    for (let count = 2; count < 5; count++) {
      set({ count });
      change({ count });
      clock.pass(1_000);
    }
    expect(watcher.sent).toEqual([{ count: 1 }]);
    watcher.isSlow = false;
    watchers.goOn(watcher);
    expect(watcher.sent).toEqual([{ count: 1 }, { count: 4 }]);
  });
});
