import type { ChainLink } from './envelope.js';

/** What a message's numbers tell: deliver it, drop it as a repeat, and what is missing before it. */
export type Verdict =
  | { readonly type: 'in-order' }
  | { readonly type: 'repeat' }
  | { readonly type: 'gap'; readonly since: number };

interface ChainState {
  sequence: number;
  receivedAt: number;
}

const IN_ORDER: Verdict = { type: 'in-order' };
const REPEAT: Verdict = { type: 'repeat' };

/**
 * The receiving side of loss detection, for one lane: follows the chain of every publishing node. Times
 * are this node's monotonic ms.
 */
export class GapDetector {
  readonly #chains = new Map<string, ChainState>();
  /** Since when everything published on the lane should arrive; `undefined` until it is confirmed. */
  listeningSince: number | undefined;

  /**
   * `marginMs`: how long a message may have been on its way. `covered` tells whether a loss between two
   * times has been announced already.
   */
  judge(
    node: string,
    link: ChainLink,
    now: number,
    marginMs: number,
    covered: (since: number, until: number) => boolean,
  ): Verdict {
    const chain = this.#chains.get(node);
    const previousAt = now - link.previousAgeMs;
    if (!chain) {
      this.#chains.set(node, { sequence: link.sequence, receivedAt: now });
      const { listeningSince } = this;
      if (link.previous === 0 || listeningSince === undefined) return IN_ORDER;
      // Its predecessor was sent after we began to listen and should have come.
      if (previousAt <= listeningSince + marginMs) return IN_ORDER;
      if (covered(listeningSince, previousAt)) return IN_ORDER;
      return { type: 'gap', since: listeningSince };
    }
    if (link.sequence <= chain.sequence) return REPEAT;
    const missing = link.previous > chain.sequence;
    const lastAt = chain.receivedAt;
    chain.sequence = link.sequence;
    chain.receivedAt = now;
    if (!missing || covered(lastAt, previousAt)) return IN_ORDER;
    return { type: 'gap', since: lastAt - marginMs };
  }

  forget(node: string): void {
    this.#chains.delete(node);
  }

  /** Nodes not heard on this lane since `limit`. */
  silentSince(limit: number): string[] {
    const silent: string[] = [];
    for (const [node, chain] of this.#chains) if (chain.receivedAt < limit) silent.push(node);
    return silent;
  }
}
