/**
 * One thing that a subscriber got: a publication with its place in the log, or the news that something is missing and
 * where it goes on.
 */
export type Arrival =
  | { readonly kind: 'publication'; readonly id: string; readonly place: string }
  | { readonly kind: 'break'; readonly position: string };

/** A publication in the log of a channel; `position` is an epoch, a colon and the place. */
export interface Logged {
  readonly id: string;
  readonly position: string;
}

/** What became of one channel while a fault happened. */
export interface ChannelHistory {
  /** The log afterwards: what was published since the start, in its order. */
  readonly log: readonly Logged[];
  /** Where this piece of the log begins. */
  readonly start: string;
  /** Every subscriber was at that position; otherwise it was in another log. */
  readonly hasSurvived: boolean;
  readonly acknowledged: readonly string[];
  /** What each subscriber got, in order of arrival. */
  readonly subscribers: readonly (readonly Arrival[])[];
}

/** How often a promise of recovery was kept, and how often not. */
export interface Verdict {
  /** Publications that subscribers got. */
  received: number;
  /** Times that a subscriber was told that something is missing. */
  told: number;
  /** Publications of the log that a subscriber did not get, and was told of. */
  missedAndTold: number;
  /** Acknowledged publications that are not in the log: 0 if it survived. */
  gone: number;
  // The others must be 0, whatever happened.
  /** Publications of the log that a subscriber did not get, and was not told of (I1, I4). */
  lost: number;
  /** Publications that a subscriber got twice (I2). */
  duplicates: number;
  /** Publications that stand elsewhere in the log, or for others, than for this subscriber (I3). */
  outOfOrder: number;
  /** Subscribers that had what the log has lost, and went on as if nothing had happened (I4). */
  untold: number;
  /** Times that a subscriber was told although the log reached back to where it was (I5). */
  spurious: number;
}

export function emptyVerdict(): Verdict {
  return {
    received: 0,
    told: 0,
    missedAndTold: 0,
    gone: 0,
    lost: 0,
    duplicates: 0,
    outOfOrder: 0,
    untold: 0,
    spurious: 0,
  };
}

/** Compares what the subscribers of a channel got with its log. */
export function judge(history: ChannelHistory): Verdict {
  const verdict = emptyVerdict();
  const facts = factsOf(history);
  const logged = new Set(history.log.map(({ id }) => id));
  verdict.gone = history.acknowledged.filter((id) => !logged.has(id)).length;
  for (const arrivals of history.subscribers) judgeSubscriber(verdict, facts, arrivals);
  return verdict;
}

/** Indices are those of the log; -1 is before its first publication. */
interface Facts {
  readonly length: number;
  /** By `keyOf()`: a publication may have been in a log that is gone, and then have been sent again into this one. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly indexAt: ReadonlyMap<string, number>;
  /** Where subscribers were at the start; undefined when that is not in this log. */
  readonly first: number | undefined;
  /** What came after what, of publications that the log has lost: for everybody the same. */
  readonly followers: Map<string, string>;
}

function factsOf({ log, start, hasSurvived }: ChannelHistory): Facts {
  return {
    length: log.length,
    indexOf: new Map(
      log.map(({ id, position }, index) => [
        keyOf(id, position.slice(position.indexOf(':') + 1)),
        index,
      ]),
    ),
    indexAt: new Map([[start, -1], ...log.map(({ position }, at) => [position, at] as const)]),
    first: hasSurvived ? -1 : undefined,
    followers: new Map(),
  };
}

function keyOf(id: string, place: string): string {
  return `${id} ${place}`;
}

function judgeSubscriber(verdict: Verdict, facts: Facts, arrivals: readonly Arrival[]): void {
  /** Of the log, by index. */
  const got = new Set<number>();
  let seen = new Set<string>();
  let index = facts.first;
  let before: string | undefined;
  let lost = 0;
  for (const arrival of arrivals) {
    if (arrival.kind === 'break') {
      verdict.told++;
      if (index !== undefined) verdict.spurious++;
      // With a log goes what was known of its ids, and what had no answer yet is published again.
      else seen = new Set();
      index = facts.indexAt.get(arrival.position);
      before = undefined;
      continue;
    }
    const key = keyOf(arrival.id, arrival.place);
    verdict.received++;
    if (seen.has(arrival.id)) verdict.duplicates++;
    seen.add(arrival.id);
    const next = facts.indexOf.get(key);
    if (next === undefined) {
      if (before !== undefined && !isFollower(facts, before, key)) verdict.outOfOrder++;
    } else {
      got.add(next);
      if (index === undefined) {
        verdict.untold++;
        lost += next;
      } else if (next <= index) {
        verdict.outOfOrder++;
      } else {
        lost += next - index - 1;
      }
    }
    index = next;
    before = key;
  }
  const missing = facts.length - got.size;
  if (index === undefined) {
    verdict.untold++;
    lost = missing;
  } else {
    lost += facts.length - 1 - index;
  }
  verdict.lost += lost;
  verdict.missedAndTold += missing - lost;
}

function isFollower({ followers }: Facts, before: string, id: string): boolean {
  const known = followers.get(before);
  if (known === undefined) followers.set(before, id);
  return known === undefined || known === id;
}
