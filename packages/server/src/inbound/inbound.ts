import {
  closeCodes,
  InvalidMessageError,
  parsePacket,
  ResourceLimitError,
} from '@asyngular/protocol';
import { readOwn } from '@asyngular/protocol/internal';
import { WritableConsumableStream } from '@asyngular/streams';
import { Batch } from './batch.js';
import { InboundMeter } from './inbound-meter.js';
import type { InboundSession } from './inbound-session.js';
import { countNewCredits, isCreditMessage, passAnswers, takePong } from './pass-control.js';
import { RawLine } from './raw-line.js';
import { HELD_BY_BACKLOG, HELD_BY_LOOP, HELD_BY_OUTBOX, HELD_BY_TURN, Reading } from './reading.js';
import { routePacket } from './router.js';

/**
 * Frames and packets of one socket after which the others get their turn: 256 frames with a packet in
 * each. libuv reads up to 2 MiB of one socket in a row, of small frames so many that everybody else
 * would wait for seconds.
 */
const WORK_PER_TURN = 512;

/** After so much of it, 32 frames with a packet each, the time that all sockets share is checked. */
const WORK_PER_LOOK = 64;

/**
 * Takes a socket's messages apart and has them handled strictly in order. With nothing asynchronous
 * in the way this is one synchronous pass per frame; while a middleware, a handshake or a broker is
 * awaited, later frames wait here (counted by the meter, which pauses reading). Answers to calls of the
 * server wait for nothing: what they would wait for may be waiting for them.
 */
export class Inbound extends Reading {
  receivedCount = 0;
  processedCount = 0;
  readonly meter: InboundMeter;
  /** Shows every message to loops of the application, once somebody has asked for it. */
  view: WritableConsumableStream<string | Buffer> | undefined;
  #workLeft = WORK_PER_TURN;
  /** How much is left when the time is checked next. */
  #nextLook = WORK_PER_TURN - WORK_PER_LOOK;
  #busy = false;
  #stopped = false;
  #closing = false;
  #waiting: (string | Buffer)[] | undefined;
  #rawLine: RawLine | undefined;
  #batch: Batch | undefined;
  /** What the message being handled takes in memory. */
  #cost = 0;
  /** Whether the meter counts it, because something is awaited. */
  #isCounted = false;
  #delay: Promise<void> | undefined;

  constructor(session: InboundSession) {
    super(session);
    this.meter = new InboundMeter(session.core.options, this);
  }

  /** For the meter: the socket's id. */
  get id(): string {
    return this.session.id;
  }

  /** For the meter: where it counts as one of many. */
  get backlogs(): InboundSession['core']['backlogs'] {
    return this.session.core.backlogs;
  }

  /** Lets loops of the application see every message. */
  createView(): WritableConsumableStream<string | Buffer> {
    this.view ??= new WritableConsumableStream(this.meter);
    return this.view;
  }

  /** Frames received and not handled yet. */
  get backpressure(): number {
    return this.receivedCount - this.processedCount;
  }

  receive(message: string | Buffer): void {
    if (this.view !== undefined) this.view.write(message, message.length);
    // Ignored messages are signs of life, too: a socket whose input was closed stays connected.
    this.session.heartbeat.heard = true;
    if (this.#closing) return;
    const { limiter } = this.session;
    if (
      limiter !== undefined &&
      !isCreditMessage(this.session, message) &&
      !limiter.admitMessages(1)
    )
      return;
    this.take(message);
  }

  protected enter(message: string | Buffer): void {
    this.receivedCount++;
    if (this.session.core.middleware.inboundRaw !== undefined || this.#rawLine?.isBusy) {
      if (this.#rawLine?.isBusy && this.passes(message)) {
        this.processedCount++;
        return;
      }
      this.#rawLine ??= new RawLine(this.session, this);
      this.#rawLine.offer(message);
      return;
    }
    this.accept(message);
  }

  /** Called by the raw line. */
  drop(): void {
    this.processedCount++;
  }

  /** A message that has passed the raw line: handled at once, or behind those that wait. */
  accept(message: string | Buffer): void {
    // What a client that does not read has sent already waits, too: answers would pile up.
    if (this.#busy || (this.holds & HELD_BY_OUTBOX) !== 0) {
      if (this.passes(message)) {
        this.processedCount++;
        return;
      }
      this.#waiting ??= [];
      this.#waiting.push(message);
      this.meter.add(message.length);
      return;
    }
    const work = this.#handle(message);
    if (work === undefined) {
      // `stop()`, called meanwhile, has counted it already.
      if (this.#stopped) return;
      this.processedCount++;
      if (this.#workLeft <= this.#nextLook && this.#isTurnOver()) this.#yield();
      return;
    }
    this.#busy = true;
    this.resetStrays();
    this.#await(work);
  }

  protected countPassed(): void {
    this.receivedCount++;
    this.processedCount++;
  }

  override release(reason: number): boolean {
    if (!super.release(reason)) return false;
    if (reason === HELD_BY_OUTBOX && !this.#busy && this.#waiting?.length) {
      // In a turn of its own, because whatever releases may be in the midst of something; busy until
      // then, so that nothing overtakes what waits.
      this.#busy = true;
      setImmediate(() => this.#continue());
    }
    return true;
  }

  #isTurnOver(): boolean {
    if (this.#workLeft <= 0) return true;
    this.#nextLook = this.#workLeft - WORK_PER_LOOK;
    const { sharedTime, options } = this.session.core;
    return sharedTime.isOver(options.maxBatchTimePerTurn);
  }

  /** Goes on after the other sockets have been read; what has been read of this one waits. */
  #yield(): void {
    this.#busy = true;
    this.#workLeft = WORK_PER_TURN;
    this.#nextLook = WORK_PER_TURN - WORK_PER_LOOK;
    this.hold(HELD_BY_TURN);
    setImmediate(() => {
      this.release(HELD_BY_TURN);
      this.#continue();
    });
  }

  /** Goes on with what waits, after a hold. */
  #continue(): void {
    if (this.#stopped) return;
    const message = this.#takeWaiting();
    if (message === undefined) {
      this.#busy = false;
      return;
    }
    const work = this.#handle(message);
    if (work === undefined) this.#resume();
    else this.#await(work);
  }

  #takeWaiting(): string | Buffer | undefined {
    if ((this.holds & HELD_BY_OUTBOX) !== 0) return undefined;
    const message = this.#waiting?.shift();
    if (message !== undefined) this.meter.remove(message.length);
    return message;
  }

  /** Handles what has arrived and nothing more (`closeInput`). */
  close(): void {
    this.#closing = true;
  }

  /** Drops what waits; nothing is handled any more. */
  stop(): void {
    this.#closing = true;
    this.#stopped = true;
    this.#rawLine?.stop();
    for (const message of this.#waiting ?? []) this.meter.remove(message.length);
    this.#waiting = undefined;
    this.#batch = undefined;
    this.#uncount();
    this.forgetHeld();
    this.processedCount = this.receivedCount;
  }

  /**
   * Nothing more is read or handled until `until` settles, because a loop of the server lags behind what
   * this client causes. Returns when that is over.
   */
  delay(until: Promise<void>): Promise<void> {
    if (this.#delay === undefined) {
      this.hold(HELD_BY_LOOP);
      this.#delay = until.then(() => {
        this.#delay = undefined;
        this.release(HELD_BY_LOOP);
      });
    }
    return this.#delay;
  }

  /** Called by the meter. */
  reportError(error: unknown): void {
    this.session.emitError(error);
  }

  /** Called by the meter. */
  shed(error: Error): void {
    this.session.shed(error);
  }

  /** Called by the meter. */
  pauseReading(): void {
    this.session.countLimit('inboundHighWaterMark');
    this.hold(HELD_BY_BACKLOG);
  }

  /** Called by the meter. */
  resumeReading(): void {
    this.release(HELD_BY_BACKLOG);
  }

  /** What was awaited is done: goes on with the batch or frame under way, then with those waiting. */
  #resume(): void {
    for (;;) {
      if (this.#stopped) return;
      let work: void | Promise<void>;
      if (this.#batch) {
        work = this.#runBatch(this.#batch);
      } else {
        this.#uncount();
        this.processedCount++;
        if (this.#workLeft <= this.#nextLook && this.#isTurnOver()) {
          this.#yield();
          return;
        }
        const message = this.#takeWaiting();
        if (message === undefined) break;
        work = this.#handle(message);
      }
      if (work !== undefined) {
        this.#await(work);
        return;
      }
    }
    this.#busy = false;
    if (this.#waiting?.length === 0) this.#waiting = undefined;
  }

  /** A fault of ours while handling one message: reported, and the next message is handled. */
  #fail(error: unknown): void {
    if (!this.session.isClosed) this.session.emitError(error);
    this.#resume();
  }

  /** Goes on when the work is done. Closures only now: most messages of a socket need none. */
  #await(work: Promise<void>): void {
    if (!this.#isCounted) {
      this.#isCounted = true;
      this.meter.add(this.#cost);
    }
    work.then(
      () => this.#resume(),
      (error: unknown) => this.#fail(error),
    );
  }

  /** The message that was awaited is done. */
  #uncount(): void {
    if (!this.#isCounted) return;
    this.#isCounted = false;
    this.meter.remove(this.#cost);
  }

  /** One frame. A promise means: later frames wait for it. */
  #handle(message: string | Buffer): void | Promise<void> {
    return this.#handleFrame(message) ?? this.#delay;
  }

  /** Heartbeat, packet, batch or raw message. */
  #handleFrame(message: string | Buffer): void | Promise<void> {
    const session = this.session;
    this.#workLeft--;
    if (session.socket.getListenerConsumerCount('message') > 0)
      session.socket.deliverMessage('message', message);
    if (message.length <= 2 && takePong(session, message)) return;
    let content: unknown;
    try {
      content = session.codec.decode(message);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#cost = this.meter.costOf(message.length, content);
    if (Array.isArray(content)) {
      const { limiter } = session;
      if (limiter !== undefined) {
        const counted = content.length - 1 - countNewCredits(session, content);
        if (!limiter.admitMessages(Math.max(0, counted))) return;
      }
      if (content.length > session.core.options.maxBatchLength) {
        session.countLimit('maxBatchLength');
        session.close(
          closeCodes.policyViolation,
          `A batch may hold ${session.core.options.maxBatchLength} packets`,
        );
        return;
      }
      this.#batch = new Batch(message, content, this.#cost, session.core);
      return this.#runBatch(this.#batch);
    }
    return this.#packet(content, message, this.#cost);
  }

  #runBatch(batch: Batch): void | Promise<void> {
    const { message, packetSize } = batch;
    // The packet that was awaited may have taken long, as a page of history does.
    if (batch.hasWaitedLong) return batch.nextTurn();
    while (!batch.isDone) {
      if (this.session.isClosed) break;
      if (batch.isTurnOver) return batch.nextTurn();
      const work = this.#packet(batch.take(), message, packetSize) ?? this.#delay;
      if (work === undefined) continue;
      // What is awaited may be waiting for an answer further on in the batch.
      if (this.session.callsInFlight > 0 || this.session.hasStreams) {
        const { rest } = batch;
        passAnswers(this.session, rest, packetSize * rest.length);
      }
      return work;
    }
    this.#batch = undefined;
  }

  #packet(value: unknown, message: string | Buffer, size: number): void | Promise<void> {
    const session = this.session;
    this.#workLeft--;
    const packet = parsePacket(value);
    if (packet !== undefined) {
      if (session.isTraced && packet.event !== undefined)
        packet.trace = readOwn(value as object, 'trace');
      try {
        return routePacket(session, packet, size);
      } catch (error) {
        // A fault of ours, or of what the application has plugged in: thrown here it would end the process.
        session.emitError(error);
        return;
      }
    }
    if (session.state === 'connecting' && session.core.server.strictHandshake)
      session.close(closeCodes.messageBeforeHandshake);
    else session.socket.deliverMessage('raw', message);
  }

  /** The codec refused the message: it is dropped; a broken limit or an unknown peer closes. */
  #refuse(error: unknown): void {
    const session = this.session;
    if (error instanceof Error && error.name === 'Error') {
      session.emitError(new InvalidMessageError(error.message, { cause: error }));
    } else {
      session.emitError(error);
    }
    if (error instanceof ResourceLimitError) {
      session.countLimit('maxDepth');
      session.close(closeCodes.policyViolation);
    } else if (session.state === 'connecting' && session.core.server.strictHandshake) {
      session.close(closeCodes.messageBeforeHandshake);
    }
  }
}
