import {
  formatPosition,
  isSamePosition,
  type LiveEntry,
  type LogPosition,
} from '@asyngular/broker';
import { UnrecoverablePositionError } from '@asyngular/protocol';
import type { Subscriber } from '../channels/channel-source.js';
import type { Subscribed, SubscribeRequest } from '../channels/history-requests.js';
import { endRecovery } from '../tracing/recovery-trace.js';
import { REFUSED_MS } from './away.js';
import { CatchUp, type CatchUpOwner } from './catch-up.js';
import { ChannelFeed, type FeedOwner } from './channel-feed.js';
import type { ChannelHost, Delivery } from './channel-host.js';
import { LogReader, type NotFound, type ReadResult } from './log-reader.js';
import { NewestEntries, type NewestOwner } from './newest-entries.js';

/** How a subscription begins, or why it does not; `undefined`: the socket has left meanwhile. */
export type Outcome = Subscribed | Error | undefined;

/** Takes the outcome of a subscription. */
export type Done = (outcome: Outcome) => void;

/** How long pages are kept when nobody is behind any more, in ms. */
const KEEP_MS = 1_000;

/** One channel with a log, on one server: its feed, and the subscribers that are behind it. */
export class RecoverableChannel implements FeedOwner, CatchUpOwner, NewestOwner {
  readonly feed: ChannelFeed;
  readonly #host: ChannelHost;
  readonly #reader: LogReader;
  readonly #newest: NewestEntries;
  /** Sockets that are not where the feed is; all others of the channel are live. */
  readonly #behind = new Map<Subscriber, CatchUp>();
  /** Those of them whose subscription has no answer yet, with those who wait for it. */
  readonly #placing = new Map<CatchUp, Done[]>();
  /** What they do once nothing is known to be missing. */
  readonly #whenLive = new Map<CatchUp, () => void>();
  #isForgetting = false;

  constructor(host: ChannelHost) {
    this.#host = host;
    this.#reader = new LogReader(host);
    this.#newest = new NewestEntries(host, this);
    this.feed = new ChannelFeed(host, this.#reader, this);
  }

  get cursor(): LogPosition {
    return this.feed.cursor;
  }

  /** Subscribers that are behind. */
  get behindCount(): number {
    return this.#behind.size;
  }

  receive(entry: LiveEntry): void {
    this.feed.receive(entry);
  }

  /** A socket is about to subscribe: it gets nothing until `subscribe()` and the outcome's `begin()`. */
  admit(subscriber: Subscriber): CatchUp {
    const catchUp = new CatchUp(this, subscriber, this.#host.now());
    this.#behind.set(subscriber, catchUp);
    this.#placing.set(catchUp, []);
    return catchUp;
  }

  /** The feed has begun. Finds out how the subscription of an admitted socket begins. */
  subscribe(catchUp: CatchUp, request: SubscribeRequest, done: Done): void {
    const waiting = this.#placing.get(catchUp);
    if (waiting === undefined) {
      done(undefined);
      return;
    }
    waiting.push(done);
    // Until the feed is sure of itself, its end means nothing.
    this.#onceLive(catchUp, () => this.#place(catchUp, request));
  }

  /** A socket subscribes that is in already: it gets an answer, and nothing else again. */
  subscribeAgain(subscriber: Subscriber, done: Done): void {
    const catchUp = this.#behind.get(subscriber);
    const waiting = catchUp && this.#placing.get(catchUp);
    const answer = () => done(repeated(catchUp?.cursor ?? this.cursor));
    if (waiting === undefined) answer();
    else waiting.push((outcome) => (isSubscribed(outcome) ? answer() : done(outcome)));
  }

  /** A socket has left. */
  leave(subscriber: Subscriber): void {
    const catchUp = this.#behind.get(subscriber);
    if (catchUp === undefined) return;
    catchUp.end();
    endRecovery(catchUp.trace, 'left');
    this.#whenLive.delete(catchUp);
    this.#remove(subscriber);
    this.#finish(catchUp, undefined);
  }

  /** A socket takes no more for now. */
  slowed(subscriber: Subscriber): void {
    if (this.#behind.has(subscriber)) return;
    const catchUp = new CatchUp(this, subscriber, this.#host.now());
    catchUp.hold();
    this.#behind.set(subscriber, catchUp);
  }

  /** A socket takes more again. */
  drained(subscriber: Subscriber): void {
    this.#behind.get(subscriber)?.resume();
  }

  close(): void {
    this.feed.close();
    this.#reader.close();
    for (const subscriber of [...this.#behind.keys()]) this.leave(subscriber);
  }

  onDelivery(delivery: Delivery): void {
    this.#host.broadcast(delivery, this.#behind);
  }

  onBreak(since: number): void {
    this.#host.interruptAll(this.#interruption(this.#host.now() - since), this.#behind);
    for (const catchUp of this.#behind.values()) catchUp.recheck();
  }

  onLive(): void {
    const due = [...this.#whenLive.values()];
    this.#whenLive.clear();
    for (const work of due) work();
  }

  following(position: LogPosition): readonly Delivery[] | undefined {
    const recent = this.feed.recent.following(position);
    if (recent !== undefined) return recent;
    return this.#reader.cached(position)?.entries;
  }

  newest(count: number): readonly Delivery[] | undefined {
    return this.feed.recent.newest(count);
  }

  read(after: LogPosition, done: (result: ReadResult) => void): () => void {
    return this.#reader.read(after, done);
  }

  send(subscriber: Subscriber, delivery: Delivery): void {
    this.#host.send(subscriber, delivery);
  }

  run(work: () => void): void {
    this.#host.run(work);
  }

  join({ subscriber, since, isRecovering, trace }: CatchUp): void {
    this.#remove(subscriber);
    if (!isRecovering) return;
    this.#host.onRecovered(this.#host.now() - since);
    endRecovery(trace, 'recovered');
  }

  isAhead(catchUp: CatchUp, position: LogPosition): void {
    this.feed.seek(position);
    this.#onceLive(catchUp, () => catchUp.resume());
  }

  lost(catchUp: CatchUp, result: NotFound): void {
    const { subscriber } = catchUp;
    if (result.kind === 'failed') {
      this.#host.warn(result.error);
      this.#host.after(REFUSED_MS, () => catchUp.resume());
    } else if (catchUp.wasSlow) {
      subscriber.closeSlow();
    } else {
      this.#host.counters.interruptions++;
      this.#startAnew(catchUp, this.#host.rewind, this.#host.now() - catchUp.since, (started) => {
        if (started instanceof Error) this.lost(catchUp, { kind: 'failed', error: started });
        else catchUp.resume();
      });
    }
  }

  #remove(subscriber: Subscriber): void {
    if (!this.#behind.delete(subscriber) || this.#behind.size > 0 || this.#isForgetting) return;
    // Those of a crowd come one after the other.
    this.#isForgetting = true;
    this.#host.after(KEEP_MS, () => {
      this.#isForgetting = false;
      if (this.#behind.size === 0) this.#reader.forget();
    });
  }

  #onceLive(catchUp: CatchUp, work: () => void): void {
    if (this.feed.isLive) work();
    else this.#whenLive.set(catchUp, work);
  }

  #finish(catchUp: CatchUp, outcome: Outcome): void {
    const waiting = this.#placing.get(catchUp);
    this.#placing.delete(catchUp);
    for (const done of waiting ?? []) done(outcome);
  }

  #place(catchUp: CatchUp, request: SubscribeRequest): void {
    const { recover } = request;
    if (recover === undefined) {
      this.#begin(catchUp, request, undefined);
      return;
    }
    catchUp.trace = this.#host.traceRecovery(catchUp.subscriber);
    if (recover === null) {
      this.#lose(catchUp, request);
      return;
    }
    const atHand = isSamePosition(recover, this.cursor) ? [] : this.following(recover);
    if (atHand !== undefined) {
      this.#recover(catchUp, recover, atHand);
    } else {
      catchUp.stopReading = this.#reader.read(recover, (result) => {
        if (result.kind === 'page') this.#recover(catchUp, recover, result.entries);
        else if (result.kind === 'unreachable') this.#lose(catchUp, request);
        else this.#fail(catchUp, toError(result.error));
      });
    }
  }

  #fail(catchUp: CatchUp, error: Error): void {
    endRecovery(catchUp.trace, 'failed');
    this.#finish(catchUp, error);
  }

  #recover(catchUp: CatchUp, from: LogPosition, entries: readonly Delivery[]): void {
    this.#host.counters.recovered++;
    catchUp.isRecovering = true;
    catchUp.moveTo(from, entries);
    const { cursor } = this;
    // A client that comes from a server which had got further is there already.
    const isAhead = from.epoch === cursor.epoch && from.offset > cursor.offset;
    this.#finish(catchUp, {
      position: formatPosition(isAhead ? from : cursor),
      recovered: true,
      rewind: 0,
      begin: () => catchUp.begin(),
    });
  }

  #lose(catchUp: CatchUp, request: SubscribeRequest): void {
    this.#host.counters.unrecovered++;
    endRecovery(catchUp.trace, 'refused');
    if (request.isStrict) this.#finish(catchUp, unrecoverable(this.#host.channel));
    else this.#begin(catchUp, request, request.awayMs ?? 0);
  }

  /** A new subscription, `lostMs` after the old one if it goes on with a hole. */
  #begin(catchUp: CatchUp, request: SubscribeRequest, lostMs: number | undefined): void {
    const count = Math.min(request.rewind ?? this.#host.rewind, this.#host.rewind);
    this.#startAnew(catchUp, count, lostMs, (started) => {
      if (started instanceof Error) {
        this.#finish(catchUp, started);
        return;
      }
      this.#finish(catchUp, {
        position: formatPosition(this.cursor),
        recovered: lostMs === undefined ? undefined : false,
        rewind: started,
        begin: () => catchUp.begin(),
      });
    });
  }

  /** Puts a subscriber where the live ones are, with some publications before that, and tells it if it missed any. */
  #startAnew(
    catchUp: CatchUp,
    count: number,
    lostMs: number | undefined,
    done: (rewind: number | Error) => void,
  ): void {
    this.#newest.read(count, (entries) => {
      if (entries instanceof Error) {
        done(entries);
        return;
      }
      if (this.#behind.get(catchUp.subscriber) !== catchUp) return;
      if (lostMs !== undefined)
        this.#host.interrupt(catchUp.subscriber, this.#interruption(lostMs));
      catchUp.moveTo(this.cursor, entries);
      done(entries.length);
    });
  }

  #interruption(lostMs: number) {
    const until = this.#host.wallNow();
    return {
      since: Math.floor(until - lostMs),
      until,
      reason: 'unrecoverable',
      position: this.cursor,
    };
  }
}

/** The answer to a subscription that is there already. */
function repeated(position: LogPosition): Subscribed {
  return { position: formatPosition(position), recovered: undefined, rewind: 0, begin: () => {} };
}

function isSubscribed(outcome: Outcome): outcome is Subscribed {
  return outcome !== undefined && !(outcome instanceof Error);
}

/** The refusal of a position that a log cannot reach. */
export function unrecoverable(channel: string): UnrecoverablePositionError {
  return new UnrecoverablePositionError(
    `The log of the ${channel} channel does not go back to the position that was asked for; load the channel's ` +
      'state anew, and go on without a position',
  );
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
