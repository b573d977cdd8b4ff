/** How much of one turn of the event loop a crowd may take, in ms. */
const BUDGET_MS = 4;

/** What a piece of work costs beside what it does at once, in ms: promises that it settles, and loops that it wakes. */
const AFTERMATH_MS = 0.1;

/** Work that a line has done before the room of it is given back; one by one would cost more than the work. */
const DONE_KEPT = 1_024;

/** The work of one member of the crowd that waits, the oldest at `next`. */
interface Line {
  readonly works: (() => void)[];
  next: number;
}

/**
 * Lets a crowd in over turns of the event loop, so that those who are there get theirs in between. Work is done at once
 * while the turn has time for it; what waits is taken from the members of the crowd in turn, each one's own in order, so
 * that nobody waits for all that somebody else has brought. The caller bounds what waits.
 */
export class FairTurns<Member> {
  readonly #nameOf: (member: Member) => string;
  readonly #now: () => number;
  readonly #lines = new Map<string, Line>();
  #size = 0;
  #spentMs = 0;
  #isRunning = false;
  #isScheduled = false;
  #turn = 0;

  /** @param nameOf tells members apart; asked only for those who have to wait. @param now monotonic milliseconds */
  constructor(nameOf: (member: Member) => string, now = () => performance.now()) {
    this.#nameOf = nameOf;
    this.#now = now;
  }

  /** How much waits. */
  get size(): number {
    return this.#size;
  }

  /** Number of the turn; two that differ are two turns in which work was done. */
  get turn(): number {
    return this.#turn;
  }

  /** What the work asks for itself comes after all that waits. */
  run(member: Member, work: () => void): void {
    if (this.#hasTime) this.#do(work);
    else this.#wait(member, work);
  }

  /** The same for work that goes on later; settles as it does. */
  pass<Result>(member: Member, work: () => Promise<Result>): Promise<Result> {
    if (this.#hasTime) return this.#do(work);
    return new Promise((resolve) => this.#wait(member, () => resolve(work())));
  }

  get #hasTime(): boolean {
    return this.#size === 0 && !this.#isRunning && this.#spentMs < BUDGET_MS;
  }

  #do<Result>(work: () => Result): Result {
    this.#schedule();
    const startMs = this.#now();
    this.#isRunning = true;
    try {
      return work();
    } finally {
      this.#isRunning = false;
      this.#spentMs += this.#now() - startMs + AFTERMATH_MS;
    }
  }

  #wait(member: Member, work: () => void): void {
    const name = this.#nameOf(member);
    const line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, { works: [work], next: 0 });
    else line.works.push(work);
    this.#size++;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#nextTurn);
  }

  readonly #nextTurn = (): void => {
    this.#isScheduled = false;
    this.#spentMs = 0;
    this.#turn++;
    if (this.#size === 0) return;
    // Also when work throws, which ends this turn.
    this.#schedule();
    while (this.#size > 0 && this.#spentMs < BUDGET_MS) this.#do(this.#takeNext());
  };

  /** The oldest work of the member whose turn it is, who then stands behind all others. */
  #takeNext(): () => void {
    const [name, line] = this.#lines.entries().next().value!;
    const work = line.works[line.next++]!;
    this.#size--;
    this.#lines.delete(name);
    if (line.next < line.works.length) {
      if (line.next >= DONE_KEPT) forgetDone(line);
      this.#lines.set(name, line);
    }
    return work;
  }
}

function forgetDone(line: Line): void {
  line.works.splice(0, line.next);
  line.next = 0;
}
