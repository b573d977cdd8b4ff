import { InvalidActionError, SilentMiddlewareBlockedError } from '@asyngular/protocol';
import {
  type Consumer,
  type StreamOptions,
  type TimeoutOrOptions,
  WritableConsumableStream,
} from '@asyngular/streams';
import { weigh } from '../backlogs/weigh.js';
import { deadlines } from '../turns/deadlines.js';
import type { ActionBase, Verdict } from './action.js';

/** Where middleware can be set; docs/middleware.md. */
export type MiddlewareLine = 'handshake' | 'inboundRaw' | 'inbound' | 'outbound';

/** Reads one line's actions and settles each. Called once per socket (handshake: per connection). */
export type MiddlewareFunction<Action = any> = (
  stream: WritableConsumableStream<Action>,
) => unknown;

/** The function of each line, while it has one. */
export type MiddlewareFunctions = { [Line in MiddlewareLine]: MiddlewareFunction | undefined };

/** A blocked action: what the client receives, and what the server emits (if it has not yet). */
export class BlockedAction {
  readonly clientError: unknown;
  readonly reportedError: unknown;

  constructor(clientError: unknown, reportedError: unknown) {
    this.clientError = clientError;
    this.reportedError = reportedError;
  }
}

/** Holds actions back until the middleware function has begun to read. */
class ActionStream extends WritableConsumableStream<ActionBase> {
  #waiting: ActionBase[] | undefined;

  override createConsumer(options?: TimeoutOrOptions): Consumer<ActionBase> {
    this.#releaseSoon();
    return super.createConsumer(options);
  }

  override [Symbol.asyncIterator](): AsyncIterator<ActionBase, unknown, undefined> {
    this.#releaseSoon();
    return super[Symbol.asyncIterator]();
  }

  offer(action: ActionBase): void {
    if (this.#waiting) this.#waiting.push(action);
    else if (this.getConsumerCount() > 0) this.#write(action);
    else this.#waiting = [action];
  }

  /** The function takes its actions one by one; only what other loops leave lying has to be weighed. */
  #write(action: ActionBase): void {
    this.write(action, this.getConsumerCount() > 1 ? weigh(action.data) : 0);
  }

  #releaseSoon(): void {
    if (this.#waiting) queueMicrotask(() => this.#release());
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const action of waiting ?? []) this.offer(action);
  }
}

/**
 * One run of a middleware function for one socket and line. A function that throws, returns while the
 * lane is needed, or leaves an action unsettled for too long fails the lane: an error naming the line
 * is reported once, and the pending action and all later ones are blocked.
 */
export class MiddlewareLane {
  readonly line: MiddlewareLine;
  readonly middleware: MiddlewareFunction;
  readonly stream: ActionStream;
  readonly #timeoutMs: number;
  readonly #onFailure: (error: Error, lane: MiddlewareLane) => void;
  #pending: Set<ActionBase> | undefined;
  #failure: Error | undefined;
  /** The function threw, or rejected: this run is over, another one might do better. */
  hasThrown = false;
  #ended = false;

  constructor(
    line: MiddlewareLine,
    middleware: MiddlewareFunction,
    timeoutMs: number,
    onFailure: (error: Error, lane: MiddlewareLane) => void,
    streams?: StreamOptions,
  ) {
    this.line = line;
    this.stream = new ActionStream(streams);
    this.middleware = middleware;
    this.#timeoutMs = timeoutMs;
    this.#onFailure = onFailure;
    this.#run();
  }

  /** Offers an action; resolves when it is allowed, rejects with a {@link BlockedAction}. */
  async process(action: ActionBase): Promise<Verdict> {
    if (this.#failure) throw this.#blocked(action);
    this.#pending ??= new Set();
    this.#pending.add(action);
    const deadline =
      this.#timeoutMs > 0 ? deadlines.add(this.#timeoutMs, this.#onTimeout, action) : undefined;
    this.stream.offer(action);
    try {
      return await action.promise;
    } catch (error) {
      const failed = error !== undefined && error === this.#failure;
      throw failed ? this.#blocked(action) : this.#refused(action, error);
    } finally {
      this.#pending.delete(action);
      if (deadline !== undefined) deadlines.cancel(deadline);
    }
  }

  /** The socket is done with this lane; loops end after their backlog, or at once. */
  end(mode: 'close' | 'kill'): void {
    this.#ended = true;
    if (mode === 'kill') this.stream.kill();
    else this.stream.close();
  }

  async #run(): Promise<void> {
    try {
      await this.middleware(this.stream);
    } catch (error) {
      this.hasThrown = true;
      this.#fail('threw an error', error);
      return;
    }
    if (!this.#ended) this.#fail('returned while its socket was still connected');
  }

  readonly #onTimeout = (action: ActionBase): void => {
    this.#fail(`did not settle the ${action.type} action within ${this.#timeoutMs} ms`);
  };

  #fail(what: string, cause?: unknown): void {
    if (this.#failure) return;
    const failure = new InvalidActionError(
      `The ${this.line} middleware function ${what}${detailOf(cause)}`,
    );
    failure.cause = cause;
    this.#failure = failure;
    for (const action of [...(this.#pending ?? [])]) {
      if (action.outcome === null) action.block(failure);
    }
    this.#onFailure(failure, this);
  }

  /** What the middleware function said, in the terms of `block()`. */
  #refused(action: ActionBase, error: unknown): BlockedAction {
    const silent =
      typeof error === 'object' && error !== null && (error as { silent?: unknown }).silent;
    if (error && !silent) return new BlockedAction(error, error);
    const generic = this.#silentError(action);
    return new BlockedAction(generic, error || generic);
  }

  /** A failed lane: the client learns that it was blocked; the failure itself has been reported. */
  #blocked(action: ActionBase): BlockedAction {
    return new BlockedAction(this.#silentError(action), undefined);
  }

  #silentError(action: ActionBase): Error {
    return new SilentMiddlewareBlockedError(
      `The ${action.type} AGAction was blocked by ${this.line} middleware`,
      this.line,
    );
  }
}

/** The end of a sentence about it. An error of the application may throw when it is read. */
function detailOf(cause: unknown): string {
  try {
    return cause instanceof Error ? `: ${cause.message}` : '';
  } catch {
    return '';
  }
}
