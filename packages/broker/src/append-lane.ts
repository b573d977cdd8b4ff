/**
 * The appends of one channel over one connection, in the order of the calls: those under way, and behind them
 * those that wait. When one of several under way is not taken and may be tried again, nothing follows it until
 * all of them have been answered; then they go on together, in their order.
 */
export class AppendLane<Entry> {
  #waiting: Entry[] = [];
  /** Sent, and neither accepted nor refused; the oldest first. */
  #underWay: Entry[] = [];
  /** Of those under way, so many at the front have one behind them that was accepted. */
  #overtaken = 0;
  /** Those under way that the service did not take for the time being; most lanes never have any. */
  #notTaken: Set<Entry> | undefined;

  get isEmpty(): boolean {
    return this.#underWay.length === 0 && this.#waiting.length === 0;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The first one of those under way. */
  get oldest(): Entry | undefined {
    return this.#underWay[0];
  }

  /** Nothing may be sent for now. */
  get isHalted(): boolean {
    return this.#notTaken !== undefined && this.#notTaken.size > 0;
  }

  /** Halted, and no answer is awaited any more. */
  get isSettled(): boolean {
    return this.isHalted && this.#notTaken?.size === this.#underWay.length;
  }

  /**
   * Those under way that may not be sent again. What followed them is in the log, or may be as long as it has no
   * answer, and they would stand behind it.
   */
  get overtaken(): readonly Entry[] {
    const unanswered = this.#underWay.findLastIndex((entry) => !this.#notTaken?.has(entry));
    return this.#underWay.filter(
      (entry, index) =>
        index < this.#overtaken || (index < unanswered && this.#notTaken?.has(entry)),
    );
  }

  add(entry: Entry): void {
    this.#waiting.push(entry);
  }

  /** The next one that may be sent, if any; those that are not wanted any more are forgotten. */
  next(maxInFlight: number, isWanted: (entry: Entry) => boolean): Entry | undefined {
    for (let entry = this.#waiting[0]; entry !== undefined; entry = this.#waiting[0]) {
      const isLost = !isWanted(entry);
      if (!isLost && (this.isHalted || this.#underWay.length >= maxInFlight)) return;
      this.#waiting.shift();
      if (!isLost) return entry;
    }
    return;
  }

  sent(entry: Entry): void {
    this.#underWay.push(entry);
  }

  accepted(entry: Entry): void {
    // Answers come in order as a rule, so that this is the first one.
    this.#overtaken = Math.max(this.#overtaken, this.#underWay.indexOf(entry));
    this.refused(entry);
  }

  refused(entry: Entry): void {
    const index = this.#underWay.indexOf(entry);
    if (index === -1) return;
    if (index === 0) this.#underWay.shift();
    else this.#underWay.splice(index, 1);
    this.#notTaken?.delete(entry);
    if (index < this.#overtaken) this.#overtaken--;
  }

  notTaken(entry: Entry): void {
    if (!this.#underWay.includes(entry)) return;
    this.#notTaken ??= new Set();
    this.#notTaken.add(entry);
  }

  /** Everything that was under way waits again, before the others. */
  restart(): void {
    this.#waiting = [...this.#underWay, ...this.#waiting];
    this.#underWay = [];
    this.#overtaken = 0;
    this.#notTaken = undefined;
  }
}
