import { isSamePosition, type LogPosition } from '@asyngular/broker';
import type { Subscriber } from '../channels/channel-source.js';
import type { RecoveryTrace } from '../tracing/messages.js';
import type { Delivery } from './channel-host.js';
import type { NotFound, ReadResult } from './log-reader.js';

/** The channel, as one subscriber behind it sees it. */
export interface CatchUpOwner {
  /** Where the live subscribers are. */
  readonly cursor: LogPosition;
  /** What follows a position, if it is at hand. */
  following(position: LogPosition): readonly Delivery[] | undefined;
  /** The function returned takes the request back. */
  read(after: LogPosition, done: (result: ReadResult) => void): () => void;
  send(subscriber: Subscriber, delivery: Delivery): void;
  /** Runs a step in a turn that has room for it. */
  run(work: () => void): void;
  /** It is where the live subscribers are. */
  join(catchUp: CatchUp): void;
  /** The log has that position, and the live ones have not got there. `resume()` when that has changed. */
  isAhead(catchUp: CatchUp, position: LogPosition): void;
  /** The log does not continue where it is. */
  lost(catchUp: CatchUp, result: NotFound): void;
}

/** Publications that one subscriber gets per step. */
const ENTRIES_PER_STEP = 100;

/**
 * One subscriber that is behind its channel: just subscribed, or with a slow connection. Reads pages of the log as fast as
 * its outbox takes them, and joins the live ones in the very turn in which it has got to where they are.
 */
export class CatchUp {
  readonly subscriber: Subscriber;
  /** The position sent last. */
  cursor: LogPosition;
  /** When it fell behind, in monotonic ms. */
  readonly since: number;
  /** Its connection could not take everything while it was catching up. */
  wasSlow = false;
  /** It gets what it missed while its client had no connection. */
  isRecovering = false;
  /** Of its recovery, while somebody traces that. */
  trace: RecoveryTrace | undefined;
  /** Takes back what was asked of the log for it. */
  stopReading: () => void = nothing;
  readonly #owner: CatchUpOwner;
  #entries: readonly Delivery[] = [];
  #next = 0;
  /** `new`: until `begin()`; `held`: until `resume()`; `queued` and `reading`: goes on by itself. */
  #state: 'new' | 'held' | 'queued' | 'reading' | 'over' = 'new';

  constructor(owner: CatchUpOwner, subscriber: Subscriber, since: number) {
    this.#owner = owner;
    this.subscriber = subscriber;
    this.cursor = owner.cursor;
    this.since = since;
  }

  /** Stands somewhere else, with these entries to send first. */
  moveTo(cursor: LogPosition, entries: readonly Delivery[] = []): void {
    this.cursor = cursor;
    this.#entries = entries;
    this.#next = 0;
  }

  /** Sends from now on. */
  begin(): void {
    if (this.#state === 'new') this.#go();
  }

  /** Its connection takes no more for now. */
  hold(): void {
    this.wasSlow = true;
    this.#state = 'held';
  }

  /** Goes on, if it is held: its outbox has room, or the channel has moved. */
  resume(): void {
    if (this.#state === 'held') this.#go();
  }

  /** The history has changed: what it was about to send may not be true any more. */
  recheck(): void {
    this.#entries = [];
    this.#next = 0;
  }

  /** The subscriber has left, or is live. */
  end(): void {
    this.#state = 'over';
    this.#entries = [];
    this.stopReading();
  }

  #go(): void {
    // Most who subscribe are there already, and wait for no turn.
    if (!this.subscriber.isSlow && this.#entry() === undefined && this.#isThere()) {
      this.#join();
      return;
    }
    this.#state = 'queued';
    this.#owner.run(this.#step);
  }

  readonly #step = (): void => {
    if (this.#state !== 'queued') return;
    for (let room = ENTRIES_PER_STEP; ; room--) {
      if (this.subscriber.isSlow) {
        this.hold();
        return;
      }
      const delivery = this.#entry();
      if (delivery === undefined) {
        this.#arrive();
        return;
      }
      if (room === 0) {
        this.#owner.run(this.#step);
        return;
      }
      this.#next++;
      this.cursor = delivery.position;
      this.#owner.send(this.subscriber, delivery);
    }
  };

  /** The next entry to send: never one that the live subscribers have not got. */
  #entry(): Delivery | undefined {
    const delivery = this.#peek();
    if (delivery === undefined) return undefined;
    const { epoch, offset } = this.#owner.cursor;
    const { position } = delivery;
    return position.epoch === epoch && position.offset <= offset ? delivery : undefined;
  }

  #peek(): Delivery | undefined {
    if (this.#next === this.#entries.length) {
      if (this.#isThere()) return undefined;
      this.#entries = this.#owner.following(this.cursor) ?? [];
      this.#next = 0;
    }
    return this.#entries[this.#next];
  }

  /** Nothing more is at hand. */
  #arrive(): void {
    if (this.#isThere()) {
      this.#join();
      return;
    }
    this.#entries = [];
    this.#next = 0;
    this.#state = 'reading';
    this.stopReading = this.#owner.read(this.cursor, this.#take);
  }

  #isThere(): boolean {
    return isSamePosition(this.cursor, this.#owner.cursor);
  }

  #join(): void {
    this.end();
    this.#owner.join(this);
  }

  readonly #take = (result: ReadResult): void => {
    if (this.#state !== 'reading') return;
    this.#state = 'held';
    if (result.kind !== 'page') {
      this.#owner.lost(this, result);
      return;
    }
    this.#entries = result.entries;
    this.#next = 0;
    const isAhead = this.#entry() === undefined && !this.#isThere();
    if (isAhead) this.#owner.isAhead(this, result.top);
    else this.resume();
  };
}

function nothing(): void {}
