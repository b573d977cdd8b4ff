import { readFileSync } from 'node:fs';
import { type Broker, MemoryHub, memoryBroker } from '@asyngular/broker';
import { describe, expect, it } from 'vitest';
import { ServerFleet } from '../src/fleet/server-fleet.js';
import type { FleetTopic } from '../src/fleet/types.js';
import { version } from '../src/server/version.js';
import { startServer } from './support/server.js';
import { VirtualClock } from './support/virtual-clock.js';

const SERVER_TIMEOUT_MS = 4_500;
const SETTLED_MS = SERVER_TIMEOUT_MS / 2 + 50;

/** One server's side of a fleet, and what it heard. */
interface Member {
  readonly fleet: ServerFleet;
  readonly topic: FleetTopic<string>;
  readonly heard: string[];
  readonly warnings: string[];
  readonly broker: Broker;
}

class TestFleet {
  readonly clock = new VirtualClock();
  readonly hub = new MemoryHub();

  async add(broker = memoryBroker({ hub: this.hub })): Promise<Member> {
    const heard: string[] = [];
    const warnings: string[] = [];
    const fleet = new ServerFleet(
      {
        broker,
        facts: () => ({ clients: 3, load: 0.5, version, isDraining: false }),
        emitWarning: (warning) => warnings.push(String(warning)),
      },
      { serverTimeoutMs: SERVER_TIMEOUT_MS, lingerMs: 0 },
      this.clock,
    );
    const topic = fleet.topic<string>('test', {
      parse: (value) => (typeof value === 'string' ? value : undefined),
      onMessage: (message) => heard.push(message),
    });
    fleet.membership.listen({
      onStart: () => heard.push('<start>'),
      onHello: () => heard.push('<hello>'),
      onGoodbye: () => heard.push('<goodbye>'),
      onSilent: (_, ms) => heard.push(`<silent for ${ms}>`),
      onThaw: () => heard.push('<thaw>'),
      onFreeze: () => heard.push('<freeze>'),
      onSettled: () => heard.push('<settled>'),
      onLoss: (_, lane) => heard.push(`<loss on ${lane}>`),
    });
    void broker.start({
      onMessage: (lane, message) => fleet.receive(lane, message),
      onEvent: (event) => {
        if (event.type === 'status') fleet.onBrokerStatus(event.to);
      },
    });
    await undefined;
    await undefined;
    return { fleet, topic, heard, warnings, broker };
  }

  /** Two servers that know each other, and have forgotten how they met. */
  async pair(): Promise<[Member, Member]> {
    const one = await this.add();
    const other = await this.add();
    this.clock.pass(SETTLED_MS);
    one.heard.length = 0;
    other.heard.length = 0;
    return [one, other];
  }
}

describe('servers of a fleet', () => {
  it('find each other, and ask each other for what they were not there to hear', async () => {
    const fleet = new TestFleet();
    const one = await fleet.add();
    fleet.clock.pass(SETTLED_MS);
    expect(one.heard).toEqual(['<thaw>', '<settled>']);
    const other = await fleet.add();
    fleet.clock.pass(10);
    expect(one.heard).toEqual(['<thaw>', '<settled>', '<start>']);
    expect(other.heard).toEqual(['<thaw>', '<start>']);
    expect([...one.fleet.membership.servers.values()]).toEqual([
      {
        id: other.broker.node,
        since: expect.any(Number),
        clients: 3,
        load: 0.5,
        version,
        isDraining: false,
      },
    ]);
  });

  it('talk to all, to one, and to those that hear a lane', async () => {
    const fleet = new TestFleet();
    const [one, other] = await fleet.pair();
    const third = await fleet.add();
    fleet.clock.pass(SETTLED_MS);
    third.heard.length = 0;
    one.heard.length = 0;
    other.heard.length = 0;
    void other.topic.hear('a');
    one.topic.sendToAll('all');
    one.topic.sendTo(third.broker.node, 'third');
    one.topic.sendToLane('a', 'lane');
    one.topic.sendToLane('b', 'nobody');
    fleet.clock.pass(0);
    other.topic.unhear('a');
    one.topic.sendToLane('a', 'too late');
    fleet.clock.pass(0);
    expect(one.heard).toEqual([]);
    expect(other.heard).toEqual(['all', 'lane']);
    expect(third.heard).toEqual(['all', 'third']);
  });

  it('send what is said in one turn in one envelope, and in several if it is long', async () => {
    const fleet = new TestFleet();
    const [one, other] = await fleet.pair();
    const before = other.broker.stats().received;
    for (let index = 0; index < 1_000; index++) one.topic.sendToAll(`${index}`);
    fleet.clock.pass(0);
    expect(other.heard).toEqual(Array.from({ length: 1_000 }, (_, index) => `${index}`));
    expect(other.broker.stats().received - before).toBe(1);
    for (let index = 0; index < 4; index++) one.topic.sendToAll('x'.repeat(100_000));
    fleet.clock.pass(0);
    expect(other.broker.stats().received - before).toBe(5);
  });

  it('know of a goodbye at once, and do not take the one who left for alive again', async () => {
    const fleet = new TestFleet();
    const [one, other] = await fleet.pair();
    const beats: string[] = [];
    const listener = memoryBroker({ hub: fleet.hub });
    void listener.start({
      onMessage: (_, { payload }) => beats.push(String(payload)),
      onEvent() {},
    });
    void listener.subscribe('#fleet:all');
    fleet.clock.pass(2_000);
    other.topic.sendToAll('last words');
    other.fleet.close();
    expect(one.heard).toEqual(['last words', '<goodbye>']);
    expect(one.fleet.membership.servers.size).toBe(0);
    one.fleet.receive('#fleet:all', { payload: beats[0]!, node: other.broker.node, sequence: 1 });
    expect(one.heard).toEqual(['last words', '<goodbye>']);
  });

  it('give up one that is silent for the timeout, and take it back when it is heard', async () => {
    const fleet = new TestFleet();
    const [one, other] = await fleet.pair();
    // The broker of the other one is gone; it says nothing of it.
    other.broker.unsubscribe('#fleet:all');
    other.fleet.membership.freeze();
    fleet.clock.pass(SERVER_TIMEOUT_MS);
    const silence = one.heard.find((line) => line.startsWith('<silent'));
    expect(Number(/\d+/.exec(silence ?? '')?.[0])).toBeLessThan(5_000);
    expect(one.fleet.membership.servers.size).toBe(0);
    one.heard.length = 0;
    void other.broker.subscribe('#fleet:all');
    other.fleet.membership.thaw();
    fleet.clock.pass(10);
    // Only one of them had given the other one up.
    expect(one.heard).toEqual(['<start>']);
    expect(other.heard.at(-1)).toBe('<hello>');
  });

  it('give up nobody while their own broker is away, and start over when it is back', async () => {
    const fleet = new TestFleet();
    const [one] = await fleet.pair();
    one.fleet.onBrokerStatus('connecting');
    fleet.clock.pass(60_000);
    expect(one.heard).toEqual(['<freeze>']);
    expect(one.fleet.membership.servers.size).toBe(1);
    one.topic.sendToAll('dropped');
    one.fleet.onBrokerStatus('connected');
    fleet.clock.pass(SETTLED_MS);
    // The other one had given it up.
    expect(one.heard).toEqual(['<freeze>', '<thaw>', '<hello>', '<settled>']);
  });

  it('give up nobody because they were halted themselves', async () => {
    const fleet = new TestFleet();
    const [one] = await fleet.pair();
    const otherClock = new VirtualClock();
    const halted = new ServerFleet(
      {
        broker: memoryBroker({ hub: fleet.hub }),
        facts: () => ({ clients: 0, load: 0, version, isDraining: false }),
        emitWarning() {},
      },
      { serverTimeoutMs: SERVER_TIMEOUT_MS, lingerMs: 0 },
      {
        now: () => otherClock.now() * 10,
        wallNow: () => otherClock.wallNow(),
        after: (ms, work) => otherClock.after(ms, work),
        soon: (work) => otherClock.soon(work),
      },
    );
    const told: string[] = [];
    halted.membership.listen({
      onSilent: () => told.push('silent'),
      onThaw: () => told.push('thaw'),
    });
    halted.membership.thaw();
    halted.membership.hearBeat(
      one.broker.node,
      { since: 1, clients: 0, load: 0, version, isDraining: false },
      { isHello: false, isDirect: false },
    );
    // Every tick comes after ten times as long as it should.
    otherClock.pass(2_000);
    expect(new Set(told)).toEqual(new Set(['thaw']));
    expect(told.length).toBeGreaterThan(2);
  });

  it('ask a stranger who it is before they listen to it', async () => {
    const fleet = new TestFleet();
    const [one, other] = await fleet.pair();
    one.fleet.membership.freeze();
    fleet.clock.pass(SERVER_TIMEOUT_MS + 1_000);
    other.heard.length = 0;
    const message = { payload: '[["test","hi"]]', node: one.broker.node, sequence: 1 };
    other.fleet.receive('#fleet:all', message);
    expect(other.heard).toEqual([]);
    one.fleet.membership.thaw();
    fleet.clock.pass(10);
    other.fleet.receive('#fleet:all', message);
    expect(other.heard).toEqual(['<start>', 'hi']);
  });

  it('learn on which lane something was lost', async () => {
    const fleet = new TestFleet();
    const [one, other] = await fleet.pair();
    const lost = { type: 'interruption', since: 0, until: 0, reason: 'sequence-gap' } as const;
    const { node } = other.broker;
    one.fleet.onInterruption({ ...lost, channel: '#fleet:of:test:a:b', node });
    one.fleet.onInterruption({ ...lost, channel: '#fleet:all', node });
    one.fleet.onInterruption({ ...lost, channel: undefined, node: undefined });
    one.fleet.onInterruption({ ...lost, channel: 'news', node });
    one.fleet.onInterruption({ ...lost, channel: '#fleet:all', node: 'nobody' });
    expect(one.heard).toEqual(['<loss on a:b>', '<loss on undefined>']);
    fleet.clock.pass(0);
    expect(other.heard).toEqual(['<hello>']);
  });

  const foreign: [string, string | Uint8Array][] = [
    ['bytes', new Uint8Array([1, 2])],
    ['no JSON', '{'],
    ['an object', '{}'],
    ['no pairs', '[["test"]]'],
    ['a topic that is no text', '[[1,"x"]]'],
    ['a message that its topic does not take', '[["test",7]]'],
    ['a heartbeat without facts', '[["fleet",{"type":"beat","isHello":true}]]'],
    [
      'a heartbeat whose facts are of a wrong type',
      '[["fleet",{"type":"beat","isHello":true,"server":{"since":"1","clients":1,"load":0,"version":"1"}}]]',
    ],
    ['nothing', '[["fleet",null]]'],
  ];

  it.each(foreign)('ignore %s, and say so once', async (_, payload) => {
    const fleet = new TestFleet();
    const [one, other] = await fleet.pair();
    for (let index = 0; index < 10; index++) {
      one.fleet.receive('#fleet:all', { payload, node: other.broker.node, sequence: 1 });
    }
    expect(one.heard).toEqual([]);
    expect(one.warnings).toEqual([expect.stringContaining('not a message of a server')]);
  });

  it('are told of one kind of trouble although another one was reported a moment ago', async () => {
    const fleet = new TestFleet();
    const [one, other] = await fleet.pair();
    one.fleet.receive('#fleet:all', { payload: '{', node: other.broker.node, sequence: 1 });
    one.broker.publish = () => Promise.reject(new Error('no room'));
    one.topic.sendToAll('lost');
    fleet.clock.pass(0);
    await undefined;
    await undefined;
    expect(one.warnings).toEqual([
      expect.stringContaining('not a message of a server'),
      expect.stringContaining('was not sent: no room'),
    ]);
  });

  it('join when the broker lets them, although it refused at first', async () => {
    const fleet = new TestFleet();
    const [one] = await fleet.pair();
    const broker = memoryBroker({ hub: fleet.hub });
    const subscribe = broker.subscribe.bind(broker);
    broker.subscribe = () => Promise.reject(new Error('not allowed'));
    const late = await fleet.add(broker);
    for (let turn = 0; turn < 10; turn++) await undefined;
    expect(late.warnings).toEqual([expect.stringContaining('not allowed')]);
    expect(late.fleet.membership.isFrozen).toBe(true);
    broker.subscribe = subscribe;
    fleet.clock.pass(SERVER_TIMEOUT_MS);
    for (let turn = 0; turn < 10; turn++) await undefined;
    fleet.clock.pass(10);
    expect(late.heard).toEqual(['<thaw>', '<start>', '<start>']);
    expect(one.heard).toEqual(['<start>']);
    expect(late.warnings).toHaveLength(1);
  });

  it.each(['allows', 'refuses'])(
    'are not joined by a server that closed before its broker %s it',
    async (how) => {
      const fleet = new TestFleet();
      const broker = memoryBroker({ hub: fleet.hub });
      const asked: { resolve: () => void; reject: (error: Error) => void }[] = [];
      broker.subscribe = () =>
        new Promise((resolve, reject) => {
          asked.push({ resolve, reject });
        });
      const late = await fleet.add(broker);
      late.fleet.close();
      for (const { resolve, reject } of asked) {
        if (how === 'allows') resolve();
        else reject(new Error('not allowed'));
      }
      for (let turn = 0; turn < 10; turn++) await undefined;
      fleet.clock.pass(60_000);
      expect(asked).toHaveLength(2);
      expect(late.heard).toEqual([]);
      expect(late.warnings).toEqual([]);
      expect(late.fleet.membership.isFrozen).toBe(true);
    },
  );

  it('pass over a topic that they do not know', async () => {
    const fleet = new TestFleet();
    const [one, other] = await fleet.pair();
    const message = { payload: '[["newer",{}]]', node: other.broker.node, sequence: 1 };
    one.fleet.receive('#fleet:all', message);
    expect(one.warnings).toEqual([]);
  });

  it('are not looked for by a server that can reach none', async () => {
    const fleet = new TestFleet();
    const broker = memoryBroker();
    const alone = await fleet.add(broker);
    expect(alone.fleet.membership).toMatchObject({ isFrozen: false, isSettled: true });
    alone.topic.sendToAll('hi');
    expect(alone.topic.hear('a')).toBeUndefined();
    fleet.clock.pass(60_000);
    expect(broker.stats()).toMatchObject({ published: 0, subscriptions: 0 });
  });

  it('are not looked for by a server that has nothing to tell them', async () => {
    const hub = new MemoryHub();
    const fleet = new ServerFleet(
      {
        broker: memoryBroker({ hub }),
        facts: () => ({ clients: 0, load: 0, version, isDraining: false }),
        emitWarning() {},
      },
      { serverTimeoutMs: SERVER_TIMEOUT_MS, lingerMs: 0 },
    );
    fleet.onBrokerStatus('connected');
    expect(fleet.membership.isFrozen).toBe(true);
  });
});

describe('channels between servers', () => {
  it('P6.15: are refused to clients and to the application', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const name = '#fleet:all';
    const refusal = { name: 'InvalidActionError', message: expect.stringContaining('is reserved') };
    const subscribed = await client.request('#subscribe', { channel: name });
    expect(subscribed.error).toMatchObject(refusal);
    const published = await client.request('#publish', { channel: name, data: 1 });
    expect(published.error).toMatchObject(refusal);
    expect(() => server.exchange.subscribe(name)).toThrow('is reserved');
    await expect(server.exchange.transmitPublish(name, 1)).rejects.toMatchObject(refusal);
  });
});

it('the version is that of the package', () => {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  expect(JSON.parse(manifest).version).toBe(version);
});
