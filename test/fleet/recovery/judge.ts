/** One thing that a subscriber got: a publication, or the news that something is missing and where it goes on. */
export type Arrival =
  | { readonly kind: 'publication'; readonly id: string }
  | { readonly kind: 'break'; readonly position: string };

/** A publication in the log of a channel. */
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
  verdict.gone = history.acknowledged.filter((id) => !facts.placeOf.has(id)).length;
  for (const arrivals of history.subscribers) judgeSubscriber(verdict, facts, arrivals);
  return verdict;
}

/** Places are indices in the log; -1 is before its first publication. */
interface Facts {
  readonly log: readonly Logged[];
  readonly placeOf: ReadonlyMap<string, number>;
  readonly placeAt: ReadonlyMap<string, number>;
  /** Where subscribers were at the start; undefined when that is no place of this log. */
  readonly first: number | undefined;
  /** What came after what, of publications that the log has lost: for everybody the same. */
  readonly followers: Map<string, string>;
}

function factsOf({ log, start, hasSurvived }: ChannelHistory): Facts {
  return {
    log,
    placeOf: new Map(log.map(({ id }, place) => [id, place])),
    placeAt: new Map([[start, -1], ...log.map(({ position }, at) => [position, at] as const)]),
    first: hasSurvived ? -1 : undefined,
    followers: new Map(),
  };
}

function judgeSubscriber(verdict: Verdict, facts: Facts, arrivals: readonly Arrival[]): void {
  const seen = new Set<string>();
  let place = facts.first;
  let before: string | undefined;
  let lost = 0;
  for (const arrival of arrivals) {
    if (arrival.kind === 'break') {
      verdict.told++;
      if (place !== undefined) verdict.spurious++;
      place = facts.placeAt.get(arrival.position);
      before = undefined;
      continue;
    }
    const { id } = arrival;
    verdict.received++;
    if (seen.has(id)) verdict.duplicates++;
    seen.add(id);
    const next = facts.placeOf.get(id);
    if (next === undefined) {
      if (before !== undefined && !isFollower(facts, before, id)) verdict.outOfOrder++;
    } else if (place === undefined) {
      verdict.untold++;
      lost += next;
    } else if (next <= place) {
      verdict.outOfOrder++;
    } else {
      lost += next - place - 1;
    }
    place = next;
    before = id;
  }
  if (place === undefined) {
    verdict.untold++;
    lost = facts.log.filter(({ id }) => !seen.has(id)).length;
  } else {
    lost += facts.log.length - 1 - place;
  }
  verdict.lost += lost;
  verdict.missedAndTold += facts.log.filter(({ id }) => !seen.has(id)).length - lost;
}

function isFollower({ followers }: Facts, before: string, id: string): boolean {
  const known = followers.get(before);
  if (known === undefined) followers.set(before, id);
  return known === undefined || known === id;
}
