import type { LiveEntry } from '@asyngular/broker';

/** Entries that may wait, and bytes of their payloads. What is beyond is read. */
const MAX_ENTRIES = 1_000;
const MAX_BYTES = 1_048_576;

/** Live entries that wait while what is before them is read, in order of arrival. */
export class WaitingEntries {
  #entries: LiveEntry[] = [];
  #bytes = 0;
  #isCrowded = false;

  /** Some wait, or came and could not. */
  get isMissing(): boolean {
    return this.#entries.length > 0 || this.#isCrowded;
  }

  add(entry: LiveEntry): void {
    const bytes = this.#bytes + entry.payload.length;
    if (this.#entries.length === MAX_ENTRIES || bytes > MAX_BYTES) {
      this.#isCrowded = true;
      return;
    }
    this.#entries.push(entry);
    this.#bytes = bytes;
  }

  /** Takes those out that `isDone` says true of, called in order. */
  take(isDone: (entry: LiveEntry) => boolean): void {
    const entries = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    for (const entry of entries) if (!isDone(entry)) this.add(entry);
  }

  /** What could not wait is being read. */
  forgetCrowd(): void {
    this.#isCrowded = false;
  }

  clear(): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#isCrowded = false;
  }
}
