import { type Broker, MemoryHub, memoryBroker } from '@asyngular/broker';
import { describe, expect, it } from 'vitest';
import { ServerFleet } from '../src/fleet/server-fleet.js';
import { HybridClock } from '../src/presence/hybrid-clock.js';
import { Replica } from '../src/presence/replica.js';
import { ReplicatedPresence } from '../src/presence/replicated-presence.js';
import type { PresenceChanges, PresenceEntry, PresenceWatch } from '../src/presence/types.js';
import { VirtualClock } from './support/virtual-clock.js';

// The replicated state on its own: no sockets, and a time that passes when it is told to.

const settings = {
  graceMs: 5_000,
  intervalMs: 100,
  repairMs: 10_000,
  maxStateBytes: 1_024,
  maxMembers: 10,
};

class Server {
  readonly broker: Broker;
  readonly fleet: ServerFleet;
  readonly presence: ReplicatedPresence;
  /** What was published for other servers. */
  readonly sent: string[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, broker: Broker) {
    this.#clock = clock;
    this.broker = broker;
    const emitWarning = (warning: unknown): void => {
      throw warning;
    };
    const publish = broker.publish.bind(broker);
    broker.publish = (channel, payload) => {
      this.sent.push(String(payload));
      return publish(channel, payload);
    };
    const facts = () => ({ clients: 0, load: 0, version: '1', isDraining: false });
    this.fleet = new ServerFleet(
      { broker, facts, emitWarning },
      { serverTimeoutMs: 4_500, lingerMs: 0 },
      clock,
    );
    const modeOf = (channel: string) => (channel === 'count' ? 'count' : 'members');
    this.presence = new ReplicatedPresence(
      { fleet: this.fleet, settings, modeOf, emitWarning },
      clock,
    );
    void broker.start({
      onMessage: (lane, message) => this.fleet.receive(lane, message),
      onEvent: (event) => {
        if (event.type === 'status') this.fleet.onBrokerStatus(event.to);
      },
    });
  }

  enter(key: string, more: Partial<PresenceEntry> = {}) {
    return this.presence.enter({
      channel: 'room',
      key,
      userId: key,
      state: 'here',
      connection: `connection of ${key}`,
      ...more,
    });
  }

  /** Watches, and notes what it is told. */
  watch(channel = 'room'): { lines: string[]; watch: PresenceWatch } {
    const lines: string[] = [];
    const watch = this.presence.watch(channel, {
      onChanges: (changes) => lines.push(describeChanges(changes)),
    });
    this.#clock.pass(300);
    return { lines, watch };
  }

  close(): void {
    this.presence.close();
    this.fleet.close();
    void this.broker.close();
  }
}

function describeChanges({ enter, update, leave, count, isReset }: PresenceChanges): string {
  return [
    ...(isReset ? ['reset'] : []),
    ...enter.map(({ key }) => `+${key}`),
    ...update.map(({ key, state, connections }) => `${key}=${state}×${connections}`),
    ...leave.map(({ key }) => `-${key}`),
    `(${count})`,
  ].join(' ');
}

async function startFleet(count: number) {
  const clock = new VirtualClock();
  const hub = new MemoryHub();
  const start = async (): Promise<Server> => {
    const server = new Server(clock, memoryBroker({ hub }));
    for (let turn = 0; turn < 4; turn++) await undefined;
    // By then it knows who else is there.
    clock.pass(2_500);
    return server;
  };
  const servers: Server[] = [];
  for (let index = 0; index < count; index++) servers.push(await start());
  return { clock, servers, start };
}

const keysOf = (watch: PresenceWatch) => watch.snapshot().members.map(({ key }) => key);

describe('members of a channel', () => {
  it('are seen on every server that watches: the first at once, the others with the next', async () => {
    const { clock, servers } = await startFleet(2);
    const { lines } = servers[1]!.watch();
    servers[0]!.enter('ada');
    clock.pass(0);
    servers[0]!.enter('bob');
    servers[0]!.enter('eve');
    clock.pass(99);
    expect(lines).toEqual(['+ada (1)']);
    clock.pass(51);
    expect(lines).toEqual(['+ada (1)', '+bob +eve (3)']);
  });

  it('are one, on however many connections, with the state that is newest', async () => {
    const { clock, servers } = await startFleet(2);
    const [one, other] = servers as [Server, Server];
    const { lines } = other.watch();
    one.enter('ada', { connection: 'laptop', state: 'old' });
    const phone = one.enter('ada', { connection: 'phone', state: 'new' });
    clock.pass(2_000);
    other.enter('ada', { connection: 'desk', state: 'newest' });
    clock.pass(2_000);
    expect(lines).toEqual(['+ada (1)', 'ada=newest×3 (1)']);
    phone.leave();
    clock.pass(2_000);
    expect(lines.slice(2)).toEqual(['ada=newest×2 (1)']);
    other.presence
      .enter({ channel: 'room', key: 'ada', state: 'newest', connection: 'desk' })
      .leave();
    clock.pass(2_000);
    // What is left is the laptop, with what it said.
    expect(lines.slice(3)).toEqual(['ada=old×1 (1)']);
  });

  it('leave when they say so, and after the grace when they are lost', async () => {
    const { clock, servers } = await startFleet(2);
    const { lines } = servers[1]!.watch();
    const ada = servers[0]!.enter('ada');
    const bob = servers[0]!.enter('bob');
    clock.pass(1_000);
    ada.leave();
    bob.lose();
    clock.pass(4_900);
    expect(lines).toEqual(['+ada +bob (2)', '-ada (1)']);
    clock.pass(300);
    expect(lines.at(-1)).toBe('-bob (0)');
    expect([ada.isHeld, bob.isHeld]).toEqual([false, false]);
    bob.update('late');
    bob.leave();
    clock.pass(1_000);
    expect(lines).toHaveLength(3);
  });

  it('raise nothing when they come back in time, with the same state', async () => {
    const { clock, servers } = await startFleet(2);
    const { lines } = servers[1]!.watch();
    const lost = servers[0]!.enter('ada');
    clock.pass(1_000);
    lost.lose();
    clock.pass(4_000);
    servers[0]!.enter('ada', { connection: 'next', replaces: 'connection of ada' });
    lost.leave();
    clock.pass(20_000);
    expect(lines).toEqual(['+ada (1)']);
    servers[0]!.enter('ada', { connection: 'third', replaces: 'next', state: 'busy' });
    clock.pass(1_000);
    expect(lines.at(-1)).toBe('ada=busy×1 (1)');
  });

  it('raise nothing when they move to another server, and keep the time at which they came', async () => {
    const { clock, servers } = await startFleet(3);
    const [one, other, third] = servers as [Server, Server, Server];
    const watches = servers.map((server) => server.watch());
    one.enter('ada');
    clock.pass(1_000);
    const [before] = watches[2]!.watch.snapshot().members;
    // The old server has not noticed.
    other.enter('ada', { connection: 'next', replaces: 'connection of ada' });
    clock.pass(20_000);
    for (const { lines } of watches) expect(lines).toEqual(['+ada (1)']);
    expect(watches[2]!.watch.snapshot().members).toMatchObject([
      { key: 'ada', joinedAt: before?.joinedAt, connections: 1 },
    ]);
    expect(servers.map(({ presence }) => presence.counts().members)).toEqual([0, 1, 0]);
    expect(third.presence.counts().repairs).toBe(0);
  });

  it('cannot be pushed out by somebody who is not they', async () => {
    const { clock, servers } = await startFleet(2);
    const [one, other] = servers as [Server, Server];
    const { lines } = one.watch();
    const place = one.enter('ada');
    clock.pass(1_000);
    other.enter('eve', { replaces: 'connection of ada' });
    one.enter('mallory', { replaces: 'connection of ada' });
    clock.pass(20_000);
    expect(place.isHeld).toBe(true);
    expect(lines.at(-1)).toContain('(3)');
  });

  it('raise nothing when they enter and leave before anybody was told', async () => {
    const { clock, servers } = await startFleet(2);
    const { lines } = servers[1]!.watch();
    servers[0]!.enter('ada');
    clock.pass(10);
    servers[0]!.enter('bob').leave();
    clock.pass(1_000);
    expect(lines).toEqual(['+ada (1)']);
  });

  it('cost nothing where nobody watches', async () => {
    const { clock, servers } = await startFleet(2);
    const [one, other] = servers as [Server, Server];
    one.watch();
    clock.pass(1_000);
    one.sent.length = 0;
    const place = one.enter('ada');
    for (let index = 0; index < 100; index++) place.update(index);
    clock.pass(1_000);
    expect(one.sent.filter((text) => text.includes('ada'))).toEqual([]);
    const { watch } = other.watch();
    expect(watch.snapshot().members).toEqual([
      {
        key: 'ada',
        userId: 'ada',
        state: 99,
        joinedAt: expect.any(Number),
        connections: 1,
        stamp: expect.any(Number),
      },
    ]);
    watch.close();
    clock.pass(6_000);
    one.sent.length = 0;
    place.update('unseen');
    clock.pass(1_000);
    expect(one.sent.filter((text) => text.includes('unseen'))).toEqual([]);
  });

  it('are numbers only where only numbers are kept', async () => {
    const { clock, servers } = await startFleet(2);
    const [one, other] = servers as [Server, Server];
    const { lines, watch } = other.watch('count');
    for (let index = 0; index < 50; index++) one.enter(`user ${index}`, { channel: 'count' });
    clock.pass(1_000);
    expect(lines.at(-1)).toBe('(50)');
    expect(watch.snapshot()).toEqual({ mode: 'count', members: [], count: 50, isComplete: true });
    expect(one.sent.filter((text) => text.includes('user 1'))).toEqual([]);
  });

  it('are numbers only while there are too many, and members again when there are less', async () => {
    const { clock, servers } = await startFleet(2);
    const [one, other] = servers as [Server, Server];
    const { lines, watch } = other.watch();
    const places = Array.from({ length: 11 }, (_, index) => one.enter(`user ${index}`));
    clock.pass(1_000);
    expect(lines.at(-1)).toBe('reset (11)');
    expect(watch.snapshot()).toMatchObject({ mode: 'count', members: [], count: 11 });
    places.pop()!.leave();
    clock.pass(1_000);
    expect(watch.snapshot()).toMatchObject({ mode: 'count', count: 10 });
    places.pop()!.leave();
    clock.pass(1_000);
    expect(lines.at(-1)).toBe('reset (9)');
    expect(keysOf(watch)).toHaveLength(9);
    expect(other.presence.counts().repairs).toBe(0);
  });
});

describe('servers', () => {
  it('that say goodbye take their members with them, except those who are back elsewhere', async () => {
    const { clock, servers } = await startFleet(3);
    const [one, other, third] = servers as [Server, Server, Server];
    const { lines } = third.watch();
    one.enter('ada');
    one.enter('bob');
    clock.pass(1_000);
    one.close();
    clock.pass(2_000);
    other.enter('ada', { connection: 'next', replaces: 'connection of ada' });
    clock.pass(2_900);
    expect(lines).toEqual(['+ada +bob (2)']);
    clock.pass(300);
    expect(lines.slice(1)).toEqual(['-bob (1)']);
    clock.pass(20_000);
    expect(lines).toHaveLength(2);
  });

  it('that come and go for weeks leave nothing behind', async () => {
    const { clock, servers, start } = await startFleet(1);
    const [one] = servers as [Server];
    const { watch } = one.watch();
    for (let round = 0; round < 50; round++) {
      const next = await start();
      next.watch();
      next.enter(`user ${round}`);
      clock.pass(1_000);
      expect(keysOf(watch)).toEqual([`user ${round}`]);
      next.close();
      clock.pass(70_000);
    }
    expect(one.presence.counts()).toMatchObject({ members: 0, remoteMembers: 0 });
    expect(one.fleet.membership.servers.size).toBe(0);
  });

  it('that do not answer leave a snapshot incomplete, and what they have follows', async () => {
    const { clock, servers } = await startFleet(2);
    const [one, other] = servers as [Server, Server];
    other.enter('ada');
    clock.pass(1_000);
    // It hears nothing of the question.
    void other.broker.unsubscribe('#fleet:all');
    const { lines, watch } = one.watch();
    expect(watch.ready).toBeUndefined();
    expect(watch.snapshot()).toMatchObject({ count: 0, isComplete: false });
    void other.broker.subscribe('#fleet:all');
    clock.pass(2_000);
    expect(lines).toEqual(['+ada (1)']);
    expect(watch.snapshot()).toMatchObject({ count: 1, isComplete: true });
  });

  it('are all known some time after a start, and who watches is told so although nothing changes', async () => {
    const { clock, servers } = await startFleet(2);
    const [one, other] = servers as [Server, Server];
    other.enter('ada');
    // It may not know the other servers any more.
    one.fleet.onBrokerStatus('connecting');
    one.fleet.onBrokerStatus('connected');
    const told: boolean[] = [];
    const watch = one.presence.watch('room', {
      onChanges: ({ isComplete }) => told.push(isComplete),
    });
    clock.pass(300);
    expect(watch.snapshot()).toMatchObject({ count: 1, isComplete: false });
    clock.pass(2_500);
    expect(told).toEqual([true]);
  });

  it('hear a channel for five seconds more, counted from the last one who watched', async () => {
    const { clock, servers } = await startFleet(2);
    const [one] = servers as [Server];
    one.watch().watch.close();
    clock.pass(4_000);
    one.watch().watch.close();
    clock.pass(4_900);
    expect(one.presence.counts().watched).toBe(1);
    clock.pass(100);
    expect(one.presence.counts().watched).toBe(0);
  });

  it('tell each other of thousands of channels in messages that every broker takes', async () => {
    const { clock, servers, start } = await startFleet(1);
    const [one] = servers as [Server];
    const names = Array.from({ length: 1_500 }, (_, index) => `${'long'.repeat(100)} ${index}`);
    for (const channel of names) one.presence.watch(channel, { onChanges() {} });
    const other = await start();
    for (const channel of names) other.enter('ada', { channel });
    clock.pass(1_000);
    expect(one.presence.counts()).toMatchObject({ watched: 1_500, remoteMembers: 1_500 });
    // Something that got lost is found in whichever part of the digest it is told of.
    void one.broker.unsubscribe('#fleet:all');
    void one.broker.unsubscribe(`#fleet:of:presence:${names[777]}`);
    other.enter('bob', { channel: names[777]! });
    clock.pass(1_000);
    expect(one.presence.counts().remoteMembers).toBe(1_500);
    void one.broker.subscribe('#fleet:all');
    clock.pass(10_000);
    expect(one.presence.counts()).toMatchObject({ remoteMembers: 1_501, repairs: 1 });
    const longest = Math.max(...[...one.sent, ...other.sent].map(({ length }) => length));
    expect(longest).toBeLessThan(200_000);
  });

  it('that watch a channel are asked nothing by those who do not', async () => {
    const { clock, servers } = await startFleet(2);
    const [one, other] = servers as [Server, Server];
    one.watch();
    one.enter('ada');
    clock.pass(1_000);
    other.sent.length = 0;
    clock.pass(9_000);
    expect(other.sent.every((text) => text.includes('beat') || text.includes('digest'))).toBe(true);
  });
});

describe('what is known of another server', () => {
  const page = (number: number, of: number, key: string, asOf = 5) => ({
    type: 'state' as const,
    channel: 'room',
    version: asOf,
    asOf,
    page: number,
    of,
    content: { set: [[key, null, 1, 1, 1] as const], moved: [], count: null },
  });

  it('is complete with the last page of a state, and pages of different states do not mix', () => {
    const replica = new Replica('server', 'room');
    expect(replica.applyState(page(0, 2, 'a'))).toBeUndefined();
    expect(replica.applyState(page(1, 2, 'b', 6))).toBeUndefined();
    expect(replica.records.size).toBe(0);
    expect(replica.applyState(page(1, 2, 'b'))).toBeUndefined();
    replica.applyState(page(0, 2, 'a', 7));
    replica.applyState(page(1, 2, 'b', 7));
    expect([...replica.records.keys()]).toEqual(['a', 'b']);
    expect(replica.isAnswered).toBe(true);
  });
});

describe('a hybrid clock', () => {
  it('goes on when the time does not, and never back behind what it has seen', () => {
    const time = new VirtualClock();
    const clock = new HybridClock(time);
    const first = clock.next();
    expect(clock.next()).toBeGreaterThan(first);
    const ahead = first + 1_000_000_000;
    clock.observe(ahead);
    expect(clock.next()).toBeGreaterThan(ahead);
    const other = new HybridClock(time);
    time.pass(1_000);
    expect(other.next()).toBeGreaterThan(first);
  });
});
