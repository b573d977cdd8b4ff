/** What a message is to its subscriber. `foreign`: a number that the plan does not have. */
export type Arrival = 'next' | 'late' | 'duplicate' | 'foreign';

/**
 * What one subscriber got of one publisher: a bit for each message that the plan has, so that its size is known before
 * the run, whatever gets lost.
 */
export class SequenceAccount {
  readonly #seen: Uint32Array;
  readonly #planned: number;
  #highest = -1;
  /** Different messages. */
  received = 0;
  /** Messages that had come before. */
  duplicate = 0;
  /** Messages that came, for the first time, after one that was sent later. */
  outOfOrder = 0;

  constructor(planned: number) {
    this.#planned = planned;
    this.#seen = new Uint32Array(Math.ceil(planned / 32));
  }

  /** Notes the message with this number. */
  note(number: number): Arrival {
    if (!Number.isSafeInteger(number) || number < 0 || number >= this.#planned) return 'foreign';
    const bit = 1 << (number & 31);
    const word = number >>> 5;
    const bits = this.#seen[word] ?? 0;
    if (bits & bit) {
      this.duplicate += 1;
      return 'duplicate';
    }
    this.#seen[word] = bits | bit;
    this.received += 1;
    if (number < this.#highest) {
      this.outOfOrder += 1;
      return 'late';
    }
    this.#highest = number;
    return 'next';
  }
}
