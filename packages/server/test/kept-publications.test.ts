import { describe, expect, it } from 'vitest';
import { type Heard, KeptPublications } from '../src/channels/kept-publications.js';

const CHANNEL = 'room';

interface Sent {
  readonly node: string;
  readonly sequence: number;
  readonly message: string;
  readonly except: undefined;
}

/** What one server has been given by the broker, in each publisher's order and as late as chance has it. */
class Inbox {
  readonly #due = new Map<string, Sent[]>();
  readonly heard = new Map<string, number>();

  push(publication: Sent): void {
    const queue = this.#due.get(publication.node) ?? [];
    queue.push(publication);
    this.#due.set(publication.node, queue);
  }

  get isEmpty(): boolean {
    return [...this.#due.values()].every((queue) => queue.length === 0);
  }

  /** The next publication of some publisher. */
  take(pick: (count: number) => number): Sent | undefined {
    const queues = [...this.#due.values()].filter((queue) => queue.length > 0);
    const next = queues[pick(queues.length)]?.shift();
    if (next) this.heard.set(next.node, next.sequence);
    return next;
  }
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A subscriber moves from one server to another while three nodes publish; what it gets, in order. */
function play(seed: number): { got: Sent[]; all: Sent[] } {
  const random = randomFrom(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const old = new Inbox();
  const next = new Inbox();
  const kept = new KeptPublications();
  const numbers = [0, 0, 0];
  const all: Sent[] = [];
  const got: Sent[] = [];
  let stage: 'old' | 'listening' | 'left' | 'new' = 'old';

  const publish = (): void => {
    const node = pick(3);
    // Numbers have gaps: the node publishes on other channels, too.
    numbers[node]! += 1 + pick(3);
    const message = `${node}:${numbers[node]}`;
    const publication = { node: `n${node}`, sequence: numbers[node]!, message, except: undefined };
    all.push(publication);
    old.push(publication);
    // Before it was asked to, the other server hears nothing of the channel.
    if (stage !== 'old' || isHeardAnyway) next.push(publication);
  };
  const isHeardAnyway = random() < 0.5;
  const deliverOld = (): void => {
    const publication = old.take(pick);
    if (publication && (stage === 'old' || stage === 'listening')) got.push(publication);
  };
  const deliverNew = (): void => {
    const publication = next.take(pick);
    if (!publication) return;
    kept.add(CHANNEL, publication);
    if (stage === 'new') got.push(publication);
  };
  const steps = [publish, deliverOld, deliverNew];
  const run = (count: number): void => {
    for (let step = 0; step < count; step++) steps[pick(steps.length)]!();
  };

  run(pick(30));
  kept.begin(CHANNEL);
  stage = 'listening';
  const before = all.length;
  run(pick(30));
  // `caughtUp()`: what had been accepted by the time the new server listened has come to the old one.
  while (all.slice(0, before).some((sent) => !got.includes(sent))) deliverOld();
  const heard: Heard = new Map(old.heard);
  stage = 'left';
  run(pick(10));
  // `caughtUp()` again: what the client has had has come to the new server.
  for (let due = all.length; due > 0 && !next.isEmpty; due--) deliverNew();
  stage = 'new';
  got.push(...(kept.beyond(CHANNEL, heard) as Sent[]));
  run(pick(30));
  while (!next.isEmpty) deliverNew();
  return { got, all };
}

describe('publications kept for those who come from another server', () => {
  it('are all that they lack, once, in the order of each publisher (P19.5, P19.6)', () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const { got, all } = play(seed);
      for (const node of ['n0', 'n1', 'n2']) {
        const of = (list: Sent[]) =>
          list.filter((sent) => sent.node === node).map((sent) => sent.message);
        expect(of(got), `node ${node} of history ${seed}`).toEqual(of(all));
      }
    }
  });

  it('show a hole where there was no room for them', () => {
    const kept = new KeptPublications();
    kept.begin(CHANNEL);
    for (let sequence = 1; sequence <= 1_001; sequence++) {
      kept.add(CHANNEL, { node: 'n', sequence, message: 'x', except: undefined });
    }
    expect(kept.beyond(CHANNEL, new Map([['n', 0]]))).toBeUndefined();
    expect(kept.beyond(CHANNEL, new Map([['n', 1]]))).toHaveLength(1_000);
    const long = 'x'.repeat(600_000);
    kept.add(CHANNEL, { node: 'n', sequence: 1_002, message: long, except: undefined });
    kept.add(CHANNEL, { node: 'n', sequence: 1_003, message: long, except: undefined });
    expect(kept.beyond(CHANNEL, new Map([['n', 1_001]]))).toBeUndefined();
    expect(kept.beyond(CHANNEL, new Map([['n', 1_002]]))).toHaveLength(1);
  });

  it('go when the last one who asked has had its time', () => {
    const kept = new KeptPublications();
    const first = kept.begin(CHANNEL)!;
    const second = kept.begin(CHANNEL)!;
    expect(kept.end(CHANNEL, first)).toBe(false);
    expect(kept.has(CHANNEL)).toBe(true);
    expect(kept.end(CHANNEL, second)).toBe(true);
    expect(kept.beyond(CHANNEL, new Map())).toBeUndefined();
    expect(kept.size).toBe(0);
  });

  it('take 64 MiB of all channels together at most', () => {
    const kept = new KeptPublications();
    const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
    for (const name of names) kept.begin(name);
    const message = 'x'.repeat(600_000);
    for (const name of names) {
      kept.add(name, { node: 'n', sequence: 1, message, except: undefined });
    }
    const bytes = names.flatMap((name) => kept.beyond(name, new Map()) ?? []).length * 600_000;
    expect(bytes).toBeGreaterThan(60_000_000);
    expect(bytes).toBeLessThanOrEqual(67_108_864);
    // Those that there was no room for are a hole.
    expect(kept.beyond('c199', new Map())).toBeUndefined();
    expect(kept.beyond('c199', new Map([['n', 1]]))).toEqual([]);
  });

  it('are of 10,000 channels at most (P19.4)', () => {
    const kept = new KeptPublications();
    for (let channel = 0; channel < 10_000; channel++) kept.begin(`c${channel}`);
    expect(kept.begin('one more')).toBeUndefined();
    expect(kept.begin('c1')).toBe(1);
  });
});
