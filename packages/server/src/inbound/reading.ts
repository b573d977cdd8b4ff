import { closeCodes } from '@asyngular/protocol';
import type { InboundSession } from './inbound-session.js';
import { type Passed, passControl } from './pass-control.js';
import { ReadOn } from './read-on.js';

/** Why what a socket sends has to wait: its application lags behind, */
export const HELD_BY_BACKLOG = 1;
/** the client does not read what it asked for, */
export const HELD_BY_OUTBOX = 2;
/** or the server is about to leave, */
export const HELD_BY_DRAIN = 4;
/** or it is the others' turn, */
export const HELD_BY_TURN = 8;
/** or a loop of the server lags behind what the client causes. */
export const HELD_BY_LOOP = 16;

/** Reasons that are ours, and not the client's. */
const HELD_BY_US = HELD_BY_BACKLOG | HELD_BY_DRAIN | HELD_BY_LOOP;

/**
 * When a socket is read from. While something holds its data up it is not, so that TCP pushes back on the
 * sender, with two exceptions: while the server waits for an answer of the client, which its handlers may
 * need before they can go on, and when the heartbeat has to find out whether the client is still there.
 */
export abstract class Reading {
  protected readonly session: InboundSession;
  /** The reasons for which data has to wait, as bits. */
  protected holds = 0;
  #isReading = true;
  #readOn: ReadOn | undefined;
  /** Answers that answered nothing, and pongs, since data began to wait. */
  #strays = 0;

  constructor(session: InboundSession) {
    this.session = session;
  }

  /** Something holds the client's data up, for longer than the others' turn. */
  get isPaused(): boolean {
    return (this.holds & ~HELD_BY_TURN) !== 0;
  }

  /** The client is not read from because of us, so it cannot be judged by its silence. */
  get isDeaf(): boolean {
    return !this.#isReading && (this.holds & HELD_BY_US) !== 0;
  }

  /** A message whose turn it is. */
  protected abstract enter(message: string | Buffer): void;

  /** A message that was let through: received and done with. */
  protected abstract countPassed(): void;

  /** Stops reading for a reason. */
  hold(reason: number): void {
    if (this.holds === 0) this.resetStrays();
    this.holds |= reason;
    this.#update();
  }

  /** The reason is gone, if it was there; data is handled again after the last one. */
  release(reason: number): boolean {
    if ((this.holds & reason) === 0) return false;
    this.holds &= ~reason;
    // What the client sent meanwhile is unread: it gets a whole period to be heard again.
    this.session.heartbeat.heard = true;
    if (this.holds === 0 && this.#readOn !== undefined) this.#releaseSoon(this.#readOn);
    this.#update();
    return true;
  }

  /** A message from the connection. */
  protected take(message: string | Buffer): void {
    if (this.#readOn === undefined) this.enter(message);
    else this.#sort(this.#readOn, message);
  }

  /** Lets an answer through that would have to wait; whether that is all of the message. */
  protected passes(message: string | Buffer): boolean {
    return this.#admit(passControl(this.session, message));
  }

  /** Data begins to wait. */
  protected resetStrays(): void {
    this.#strays = 0;
  }

  /** The client was called: its answer has to be read, whatever holds its data up. */
  expectAnswer(): void {
    if (this.holds !== 0) this.#update();
  }

  /** Reads on until the client's next pong, if it is not read from because of us. */
  listenForPong(): void {
    if (!this.isDeaf || this.session.isLeaving) return;
    this.#readOn ??= this.#createReadOn();
    this.#readOn.awaitsPong = true;
    this.#update();
  }

  /** A pong has come: reading pauses again with the next data. */
  heardPong(): void {
    if (this.#readOn !== undefined) this.#readOn.awaitsPong = false;
  }

  /** Handles what was read on, whatever holds it up: the connection is over, or about to be. */
  hearOut(): void {
    const readOn = this.#readOn;
    this.#readOn = undefined;
    for (let message = readOn?.take(); message !== undefined; message = readOn?.take()) {
      this.enter(message);
    }
    readOn?.onHeardOut?.();
  }

  /** Calls back when what was read on has been handled; `false`: there is nothing. */
  whenHeardOut(callback: () => void): boolean {
    const readOn = this.#readOn;
    if (readOn === undefined || readOn.isEmpty) return false;
    readOn.onHeardOut = callback;
    return true;
  }

  /** Ends a connection that the client has closed, without hearing it out; `false`: it has not. */
  sayGoodbye(): boolean {
    const goodbye = this.#readOn?.onHeardOut;
    goodbye?.();
    return goodbye !== undefined;
  }

  /** Drops what was read on. */
  protected forgetHeld(): void {
    this.#readOn = undefined;
  }

  /** A message that came though data has to wait: control passes, data is kept as good as unread. */
  #sort(readOn: ReadOn, message: string | Buffer): void {
    if (this.#admit(passControl(this.session, message))) this.countPassed();
    else {
      readOn.hold(message);
      this.#update();
    }
    if (!readOn.isTurnOver()) return;
    this.hold(HELD_BY_TURN);
    setImmediate(() => this.release(HELD_BY_TURN));
  }

  /** What nobody has asked for passes within a bound. */
  #admit({ isAll, strays }: Passed): boolean {
    this.#strays += strays;
    const { maxPendingCalls } = this.session.core.options;
    if (this.#strays > maxPendingCalls) {
      this.session.countLimit('maxPendingCalls');
      this.session.close(
        closeCodes.policyViolation,
        `More than ${maxPendingCalls} answers to no call came while messages were waiting`,
      );
    }
    return isAll;
  }

  #update(): void {
    const isReading = this.#mayRead();
    if (isReading === this.#isReading || this.session.isClosed) return;
    this.#isReading = isReading;
    if (isReading) this.session.connection.resume();
    else this.session.connection.pause();
  }

  #mayRead(): boolean {
    const { session } = this;
    if (this.holds === 0) return this.#readOn?.isFull !== true;
    if ((this.holds & HELD_BY_TURN) !== 0 || session.isLeaving) return false;
    if (session.callsInFlight > 0 || session.awaitsControl) this.#readOn ??= this.#createReadOn();
    else if (this.#readOn?.awaitsPong !== true) return false;
    return this.#readOn?.isFull === false;
  }

  #createReadOn(): ReadOn {
    return new ReadOn(this.session.core.options.inboundHighWaterMarkBytes);
  }

  /** In a turn of its own, because whatever releases may be in the midst of something. */
  #releaseSoon(readOn: ReadOn): void {
    if (readOn.isReleasing) return;
    readOn.isReleasing = true;
    setImmediate(() => this.#releaseHeld(readOn));
  }

  /** What was read on is handled as if it were read now, until something holds it up again. */
  #releaseHeld(readOn: ReadOn): void {
    readOn.isReleasing = false;
    while (this.holds === 0 && this.#readOn === readOn) {
      const message = readOn.take();
      if (message === undefined) {
        this.#readOn = undefined;
        readOn.onHeardOut?.();
        break;
      }
      this.enter(message);
    }
    this.#update();
  }
}
