import { HeldMessages } from '../engine/held-messages.js';

/** Messages sorted after which the other sockets get their turn. */
const SORTED_PER_TURN = 512;

/**
 * A socket whose data has to wait, and which is read from all the same because an answer or a pong is
 * expected of it. The data read meanwhile is kept here as it came, as good as unread. Made when that
 * happens, and gone when nothing waits any more.
 */
export class ReadOn {
  /** The heartbeat wants to hear from the client. */
  awaitsPong = false;
  /** What waits here is about to be handled. */
  isReleasing = false;
  /** The client has closed in good order; what it sent before is heard out first. */
  onHeardOut: (() => void) | undefined;
  readonly #held = new HeldMessages();
  readonly #maxBytes: number;
  #sorted = 0;

  /** `maxBytes` bounds what is kept, with 64 bytes more for each message. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** No more data can be kept: reading really pauses. */
  get isFull(): boolean {
    return this.#held.bytes >= this.#maxBytes;
  }

  get isEmpty(): boolean {
    return this.#held.count === 0;
  }

  hold(message: string | Buffer): void {
    this.#held.add(message);
  }

  take(): string | Buffer | undefined {
    return this.#held.take();
  }

  /** Counts a message that was sorted; `true`: the others have waited for long enough. */
  isTurnOver(): boolean {
    this.#sorted = (this.#sorted + 1) % SORTED_PER_TURN;
    return this.#sorted === 0;
  }
}
