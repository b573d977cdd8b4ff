/** How long an entry waits for the one before it, in ms. */
const HOLD_MS = 30;
/** Entries that may wait, of all channels together; further ones do not. */
const MAX_HELD = 1_000;
/** Entries that come this long after newer ones, in ms, are not late: their stream gives out old sequences. */
const LATE_MS = 1_000;

interface Held {
  readonly sequence: number;
  readonly before: number;
  readonly deliver: () => void;
}

interface Lane {
  /** Sequence of the newest entry that was let through, and when (monotonic). */
  last: number;
  lastAtMs: number;
  held: Held[];
}

/**
 * Puts live entries of a channel in order. A server stores what two connections publish one after the other, and
 * republishes it outside that lock: now and then the second one comes first.
 */
export class LiveOrder {
  readonly #lanes = new Map<string, Lane>();
  #heldCount = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `deliver` is called now or soon; in order, unless the one before does not come. False: of an older state. */
  take(channel: string, sequence: number, before: number, deliver: () => void): boolean {
    let lane = this.#lanes.get(channel);
    if (!lane) {
      lane = { last: 0, lastAtMs: 0, held: [] };
      this.#lanes.set(channel, lane);
    }
    const isOld = sequence <= lane.last && performance.now() - lane.lastAtMs > LATE_MS;
    if (isOld) lane.last = 0;
    if (lane.last > 0 && before > lane.last && this.#heldCount < MAX_HELD) {
      this.#heldCount++;
      lane.held.push({ sequence, before, deliver });
      lane.held.sort((a, b) => a.sequence - b.sequence);
      this.#timer ??= setTimeout(this.#onTimer, HOLD_MS);
      return !isOld;
    }
    this.#pass(lane, sequence, deliver);
    while (lane.held[0] && lane.held[0].before <= lane.last) this.#passHeld(lane);
    return !isOld;
  }

  forget(channel: string): void {
    this.#heldCount -= this.#lanes.get(channel)?.held.length ?? 0;
    this.#lanes.delete(channel);
  }

  /** The connection is gone: its entries are read from the log, if they are needed. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#heldCount = 0;
    this.#lanes.clear();
  }

  #pass(lane: Lane, sequence: number, deliver: () => void): void {
    if (sequence > lane.last) lane.last = sequence;
    lane.lastAtMs = performance.now();
    deliver();
  }

  #passHeld(lane: Lane): void {
    const { sequence, deliver } = lane.held.shift()!;
    this.#heldCount--;
    this.#pass(lane, sequence, deliver);
  }

  /** The one before them is lost, or takes too long: the entry itself shows that there is a gap. */
  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#heldCount === 0) return;
    for (const lane of this.#lanes.values()) {
      while (lane.held.length > 0) this.#passHeld(lane);
    }
  };
}
