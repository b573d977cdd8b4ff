import { describe, expect, it } from 'vitest';
import type { Connection, PreparedFrame } from '../src/engine/engine.js';
import { FlushList } from '../src/outbound/flush-list.js';
import { OutboundBudget } from '../src/outbound/outbound-budget.js';
import { Outbox, type OutboxLimits } from '../src/outbound/outbox.js';
import {
  createOverflowPolicy,
  type OverflowPolicyOption,
} from '../src/outbound/overflow-policy.js';

class Frame implements PreparedFrame {
  readonly name: string;
  readonly byteLength: number;

  constructor(name: string, byteLength = 10) {
    this.name = name;
    this.byteLength = byteLength;
  }
}

/** A connection whose kernel takes what it is told to. */
class FakeConnection {
  readonly written: string[] = [];
  bufferedBytes = 0;
  isOpen = true;

  sendPrepared(frame: PreparedFrame): boolean {
    this.written.push((frame as Frame).name);
    if (!this.isOpen) this.bufferedBytes += frame.byteLength;
    return this.isOpen;
  }
}

function setUp(overflowPolicy: OverflowPolicyOption, budgetBytes = 1e9) {
  const connection = new FakeConnection();
  const log: string[] = [];
  const budget = new OutboundBudget(budgetBytes);
  const limits: OutboxLimits = {
    highWaterMark: 100,
    hardLimit: 1_000,
    budget,
    policyOf: createOverflowPolicy(overflowPolicy, () => log.push('policy failed')),
    mayDrop: overflowPolicy !== 'disconnect',
    joinFrames: (frames) =>
      new Frame(
        frames.map((frame) => (frame as Frame).name).join(' '),
        frames.reduce((sum, frame) => sum + frame.byteLength, 0),
      ),
  };
  const flushList = new FlushList();
  const create = (name = '') => {
    const outbox: Outbox = new Outbox(connection as unknown as Connection, flushList, limits, {
      onOutboxOverflow: (limit) => {
        log.push(`${name}${limit}`);
        outbox.clear();
      },
      onOutboxBackpressure: () => log.push('backpressure'),
      onOutboxDrain: () => log.push('drain'),
      onOutboxProgress: () => {},
      onOutboxDrop: () => log.push('drop'),
    });
    return outbox;
  };
  const outbox = create();
  /** The kernel takes one more frame and then no more. */
  const stall = () => {
    connection.isOpen = false;
    outbox.push(new Frame('first'));
    flushList.flush();
  };
  const recover = () => {
    connection.isOpen = true;
    connection.bufferedBytes = 0;
    outbox.drained();
    return connection.written.slice(1).join(' ');
  };
  const publish = (channel: string, ...names: string[]) => {
    for (const name of names) outbox.push(new Frame(name), channel);
  };
  return { connection, budget, create, log, outbox, flushList, stall, recover, publish };
}

const numbers = (count: number) => [...Array(count)].map((_, index) => `${index + 1}`);

describe('an outbox above its high-water mark', () => {
  it('disconnect: queues everything, and overflows past the hard limit', () => {
    const { outbox, stall, publish, log } = setUp('disconnect');
    stall();
    publish('c', ...numbers(99));
    expect(outbox.bufferedBytes).toBe(1_000);
    expect(log).toEqual(['backpressure']);
    publish('c', 'one more');
    expect(log).toEqual(['backpressure', 'outboundLimit']);
  });

  it('drop-newest: drops the publication at hand, and no other packet', () => {
    const { outbox, stall, publish, recover, log } = setUp('drop-newest');
    stall();
    publish('c', ...numbers(11));
    outbox.push(new Frame('answer'));
    expect(log).toEqual(['drop', 'drop', 'backpressure']);
    expect(recover()).toBe(`${numbers(9).join(' ')} answer`);
    expect(log.at(-1)).toBe('drain');
  });

  it('drop-oldest: drops the oldest publications of its channels', () => {
    const { outbox, stall, publish, recover, log } = setUp({ 'live:*': 'drop-oldest' });
    stall();
    outbox.push(new Frame('answer'));
    publish('kept', 'k');
    publish('live:a', ...numbers(4));
    publish('live:b', ...numbers(6).map((n) => `b${n}`));
    expect(log).toEqual(['drop', 'drop', 'drop']);
    expect(recover()).toBe('answer k 4 b1 b2 b3 b4 b5 b6');
  });

  it('latest: keeps the newest publication of each channel', () => {
    const { stall, publish, recover, log } = setUp('latest');
    stall();
    publish('a', ...numbers(5));
    publish('b', 'b1', 'b2', 'b3', 'b4');
    expect(log).toEqual([]);
    publish('a', '6');
    expect(log).toEqual(Array(5).fill('drop'));
    publish('a', '7', '8', '9', '10');
    publish('a', '11');
    expect(recover()).toBe('b1 b2 b3 b4 11');
  });

  it('stays small while it drops for long', () => {
    for (const policy of ['latest', 'drop-oldest'] as const) {
      const { outbox, stall, publish, recover, log } = setUp(policy);
      stall();
      outbox.push(new Frame('answer'));
      publish('c', ...numbers(10_000));
      expect(outbox.bufferedBytes).toBeLessThanOrEqual(100);
      expect(log.filter((entry) => entry === 'drop').length).toBeGreaterThanOrEqual(9_992);
      const kept = recover().split(' ');
      expect(kept[0]).toBe('answer');
      expect(kept.at(-1)).toBe('10000');
    }
  });

  it('takes the longest pattern that fits, and disconnect when the function fails', () => {
    const policyOf = createOverflowPolicy(
      { 'a:*': 'latest', 'a:b:*': 'drop-newest', 'a:b:c': 'drop-oldest' },
      () => {},
    );
    expect(['a:x', 'a:b:x', 'a:b:c', 'b', '__proto__'].map(policyOf)).toEqual([
      'latest',
      'drop-newest',
      'drop-oldest',
      'disconnect',
      'disconnect',
    ]);
    const { stall, publish, log } = setUp(() => {
      throw new Error('no');
    });
    stall();
    publish('c', ...numbers(10));
    expect(log).toEqual(['policy failed', 'backpressure']);
  });
});

describe('an outbox', () => {
  it('lets the kernel take what it can before it judges', () => {
    const { outbox, connection, flushList, log } = setUp('drop-newest');
    for (const name of numbers(50)) outbox.push(new Frame(name), 'c');
    flushList.flush();
    expect(connection.written.join(' ')).toBe(numbers(50).join(' '));
    expect(log).toEqual([]);
  });
});

describe('the budget', () => {
  it('sheds the worst offenders until the rest fits', () => {
    const { connection, create, flushList, budget, log } = setUp('disconnect', 300);
    connection.isOpen = false;
    const outboxes = ['a ', 'b ', 'c '].map((name) => create(name));
    for (const outbox of outboxes) outbox.push(new Frame('first', 0));
    flushList.flush();
    const [a, b, c] = outboxes as [Outbox, Outbox, Outbox];
    a.push(new Frame('x', 90));
    b.push(new Frame('x', 200));
    c.push(new Frame('x', 10));
    expect(budget.totalBytes).toBe(300);
    expect(log.filter((entry) => entry.includes('max'))).toEqual([]);
    c.push(new Frame('x', 1));
    expect(log.filter((entry) => entry.includes('max'))).toEqual(['b maxBufferedBytesTotal']);
    expect(budget.totalBytes).toBe(101);
    expect(budget.memberCount).toBe(2);
  });
});
