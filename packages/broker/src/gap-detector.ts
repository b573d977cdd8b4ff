import type { ChainLink } from './envelope.js';

/** What a message's numbers tell: deliver it, drop it as a repeat, and what is missing before it. */
export type Verdict =
  | { readonly type: 'in-order' }
  | { readonly type: 'repeat' }
  | { readonly type: 'gap'; readonly since: number };

/** Where the messages of one node on one lane stand. Times are this node's monotonic ms. */
export interface Chain {
  /** The highest sequence that has arrived. */
  sequence: number;
  receivedAt: number;
  /** Since when nothing but repeats has arrived; `undefined` after any message that was new. */
  repeatsSince: number | undefined;
}

/** What the listener knows when a message arrives. */
export interface Hearing {
  readonly now: number;
  /** Since when everything published on the lane should arrive; `undefined` until it is confirmed. */
  readonly listeningSince: number | undefined;
  /** How long a message may have been on its way. */
  readonly marginMs: number;
  /** Whether a loss between two times has been announced already. */
  isCovered(since: number, until: number): boolean;
}

const IN_ORDER: Verdict = { type: 'in-order' };
const REPEAT: Verdict = { type: 'repeat' };

/**
 * A message that is sent again is at most so many numbers older than the latest one: more than a node can
 * send while a publish waits for its answer.
 */
const MAX_REPEAT_DISTANCE = 1_000_000;
/** Repeats come in one burst after a reconnect. A node of which nothing else arrives for so long is not repeating. */
const MAX_REPEAT_MS = 30_000;

/** The chain that begins with a node's first message on a lane. */
export function beginChain(link: ChainLink, now: number): Chain {
  return { sequence: link.sequence, receivedAt: now, repeatsSince: undefined };
}

/** Judges the first message of a node on a lane. */
export function judgeFirst(link: ChainLink, hearing: Hearing): Verdict {
  const { now, listeningSince, marginMs } = hearing;
  if (link.previous === 0 || listeningSince === undefined) return IN_ORDER;
  const previousAt = now - link.previousAgeMs;
  // Its predecessor was sent after we began to listen and should have come.
  if (previousAt <= listeningSince + marginMs) return IN_ORDER;
  if (hearing.isCovered(listeningSince, previousAt)) return IN_ORDER;
  return { type: 'gap', since: listeningSince };
}

/** Judges a further message, and moves the chain on. */
export function judgeNext(chain: Chain, link: ChainLink, hearing: Hearing): Verdict {
  const { now, marginMs } = hearing;
  const lastAt = chain.receivedAt;
  const isNewer = link.sequence > chain.sequence;
  if (!isNewer && isRepeat(chain, link, now)) {
    chain.repeatsSince ??= now;
    return REPEAT;
  }
  // A number that no repeat can have: the higher one was a lie, and hid what has come since.
  const wasMisled = !isNewer;
  const isMissing = wasMisled || link.previous > chain.sequence;
  chain.sequence = link.sequence;
  chain.receivedAt = now;
  chain.repeatsSince = undefined;
  if (!isMissing) return IN_ORDER;
  if (!wasMisled && hearing.isCovered(lastAt, now - link.previousAgeMs)) return IN_ORDER;
  return { type: 'gap', since: lastAt - marginMs };
}

function isRepeat(chain: Chain, link: ChainLink, now: number): boolean {
  if (chain.sequence - link.sequence > MAX_REPEAT_DISTANCE) return false;
  return chain.repeatsSince === undefined || now - chain.repeatsSince < MAX_REPEAT_MS;
}
