/** A socket's unsent bytes, as the budget sees them. */
export interface BudgetMember {
  /** Bytes counted in the budget; written by the budget only. */
  accountedBytes: number;
  /** Frees the member's bytes: its socket is disconnected. */
  shed(): void;
}

/**
 * Unsent bytes over all sockets of a server. Beyond the limit the sockets with the most are
 * disconnected, until the rest fits. Only sockets whose connection takes no more are counted: the
 * others hold nothing from one turn of the event loop to the next. Source: docs/security.md.
 */
export class OutboundBudget {
  totalBytes = 0;
  readonly #limitBytes: number;
  readonly #members = new Set<BudgetMember>();
  #isShedding = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Sockets that hold unsent bytes. */
  get memberCount(): number {
    return this.#members.size;
  }

  update(member: BudgetMember, bytes: number): void {
    this.totalBytes += bytes - member.accountedBytes;
    member.accountedBytes = bytes;
    if (bytes > 0) this.#members.add(member);
    else this.#members.delete(member);
    if (this.totalBytes > this.#limitBytes && !this.#isShedding) this.#shed();
  }

  #shed(): void {
    this.#isShedding = true;
    while (this.totalBytes > this.#limitBytes) {
      let worst: BudgetMember | undefined;
      for (const member of this.#members) {
        if (worst === undefined || member.accountedBytes > worst.accountedBytes) worst = member;
      }
      if (worst === undefined) break;
      worst.shed();
      // Whatever `shed` did, the member is out of the budget; otherwise this would not end.
      this.update(worst, 0);
    }
    this.#isShedding = false;
  }
}
