import type { Lane } from './broker-transport.js';
import type { Chain } from './gap-detector.js';
import { MAX_NODES } from './options.js';

/** Another node, as far as it has been heard: where each of its chains stands. */
export interface HeardNode {
  readonly chains: Map<Lane, Chain>;
  /** When anything of it arrived last, in monotonic ms. */
  heardAt: number;
}

/**
 * The nodes heard on any lane, at most `MAX_NODES`. Beyond that the one that has been silent for longest
 * is forgotten; ids are what a sender says, so that a stranger could make up any number of them.
 */
export class HeardNodes {
  readonly #nodes = new Map<string, HeardNode>();

  get size(): number {
    return this.#nodes.size;
  }

  /** The node, as one that has been heard now. */
  hear(name: string, now: number): HeardNode {
    const known = this.#nodes.get(name);
    if (known) {
      known.heardAt = now;
      return known;
    }
    if (this.#nodes.size >= MAX_NODES) this.#forgetMostSilent();
    const node: HeardNode = { chains: new Map(), heardAt: now };
    this.#nodes.set(name, node);
    return node;
  }

  /** The node has said goodbye: it counts as heard at that time, so that it is forgotten sooner than others. */
  leave(name: string, heardAt: number): void {
    const node = this.#nodes.get(name);
    if (node) node.heardAt = heardAt;
  }

  forgetSilentSince(limit: number): void {
    for (const [name, { heardAt }] of this.#nodes) if (heardAt < limit) this.#nodes.delete(name);
  }

  /** The number of the last message of each node on a lane. */
  lastOn(lane: Lane): Map<string, number> {
    const last = new Map<string, number>();
    for (const [name, { chains }] of this.#nodes) {
      const chain = chains.get(lane);
      if (chain) last.set(name, chain.sequence);
    }
    return last;
  }

  /** The lane is not listened to any more. */
  forgetLane(lane: Lane): void {
    for (const { chains } of this.#nodes.values()) chains.delete(lane);
  }

  #forgetMostSilent(): void {
    let silent: string | undefined;
    let heardAt = Number.POSITIVE_INFINITY;
    for (const [name, node] of this.#nodes) {
      if (node.heardAt >= heardAt) continue;
      heardAt = node.heardAt;
      silent = name;
    }
    if (silent !== undefined) this.#nodes.delete(silent);
  }
}
