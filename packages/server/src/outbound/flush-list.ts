import type { FrameEngine, PreparedFrame } from '../engine/engine.js';
import type { Outbox } from './outbox.js';

/**
 * The outboxes that got something to send in this turn of the event loop, shared by all sockets of a
 * server. They are flushed together at the end of the turn, so each socket costs one write however
 * many packets it got.
 */
export class FlushList {
  #outboxes: Outbox[] = [];
  /** The list before, empty: the two take turns. */
  #spare: Outbox[] = [];
  #scheduled = false;
  readonly #sendToAll: NonNullable<FrameEngine['sendToAll']> | undefined;
  readonly #flush = () => this.flush();
  /** Called after each flush. */
  onFlushed: (() => void) | undefined;

  constructor(engine?: Pick<FrameEngine, 'sendToAll'>) {
    this.#sendToAll = engine?.sendToAll?.bind(engine);
  }

  add(outbox: Outbox): void {
    this.#outboxes.push(outbox);
    this.schedule();
  }

  /** Flushes at the end of this turn, also if nothing gets something to send. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  flush(): void {
    this.#scheduled = false;
    const outboxes = this.#outboxes;
    this.#outboxes = this.#spare;
    if (this.#sendToAll === undefined) writeEach(outboxes);
    else writeTogether(outboxes, this.#sendToAll);
    // The sent frames are kept until here, so that each outbox could be compared with the one before.
    for (const outbox of outboxes) outbox.forgetSent();
    outboxes.length = 0;
    this.#spare = outboxes;
    this.onFlushed?.();
  }
}

function writeEach(outboxes: readonly Outbox[]): void {
  let previous: Outbox | undefined;
  for (const outbox of outboxes) {
    if (outbox.flush(previous)) previous = outbox;
  }
}

/** The same, with those that follow one another and write the same as one. */
function writeTogether(
  outboxes: readonly Outbox[],
  sendToAll: NonNullable<FrameEngine['sendToAll']>,
): void {
  let run: Outbox[] = [];
  let frame: PreparedFrame | undefined;
  const writeRun = () => {
    if (run.length > 1) sendToAll(run, frame!);
    else run[0]?.write(frame!);
  };
  for (const outbox of outboxes) {
    const taken = outbox.take(run.at(-1));
    if (taken === undefined) continue;
    if (taken !== frame) {
      writeRun();
      run = [];
      frame = taken;
    }
    run.push(outbox);
  }
  writeRun();
}
