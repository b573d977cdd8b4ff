import { closeCodes } from '@asyngular/protocol';
import type { Connection, ConnectionHandler, PreparedFrame } from '../engine.js';
import { limitOfFault } from '../faults.js';
import { FrameError } from '../frame-reader.js';
import { HeldMessages } from '../held-messages.js';
import { noHandler } from '../tcp-connection.js';
import { headerLength, UwsFrame, UwsFrames } from './frames.js';
import type { UwsWebSocket } from './module.js';
import { familyOf } from './request.js';

/** Nothing was received that would say otherwise. */
const NO_CLOSE_FRAME = closeCodes.abnormal;
/** Bytes of the key with which clients mask a frame (RFC 6455 §5.3). */
const MASK_BYTES = 4;

/** What uWebSockets.js cut a connection for, by the reason it names. */
const cuts: ReadonlyMap<string, FrameError> = new Map([
  ['Received too big message', tooBig('Message is too big')],
  [
    'Received invalid UTF-8',
    new FrameError('Invalid UTF-8 sequence', closeCodes.invalidPayload, 'WS_ERR_INVALID_UTF8'),
  ],
]);

/** What newer versions say of a peer that hung up; there are better words for it. */
const HUNG_UP = 'Received TCP FIN before WebSocket close frame';

/** Bounds that all connections of an engine share, in bytes. */
export interface UwsLimits {
  /** `0` = none. */
  readonly maxPayload: number;
  /** What a peer may send while it is not to be read from; also the pongs that it may leave unread. */
  readonly maxHeldBytes: number;
}

/**
 * A WebSocket of uWebSockets.js. It cannot be told to stop reading, so what comes between `pause()` and
 * `resume()` is held here, up to a bound; past it the connection is closed with 1008. It answers pings
 * itself, and ends the TCP connection some four seconds after a close frame at the latest.
 */
export class UwsConnection implements Connection {
  handler: ConnectionHandler = noHandler;
  readonly raw: UwsWebSocket;
  readonly remoteAddress: string;
  bytesReceived: number;
  readonly #limits: UwsLimits;
  #isOpen = true;
  #isPaused = false;
  #waitsForDrain = false;
  /** Bytes of pongs since the kernel had taken everything. */
  #pongBytes = 0;
  /** Made when something is held for the first time. */
  #held: HeldMessages | undefined;
  #isDelivering = false;
  /** The peer has closed in good order, and what it sent before that is still held. */
  #farewell: { readonly code: number; readonly reason: string } | undefined;

  constructor(raw: UwsWebSocket, remoteAddress: string, requestBytes: number, limits: UwsLimits) {
    this.raw = raw;
    this.remoteAddress = remoteAddress;
    this.bytesReceived = requestBytes;
    this.#limits = limits;
  }

  get remoteFamily(): string {
    return familyOf(this.remoteAddress);
  }

  /** Unknown to uWebSockets.js. */
  get remotePort(): undefined {
    return undefined;
  }

  get bufferedBytes(): number {
    return this.#isOpen ? this.raw.getBufferedAmount() : 0;
  }

  send(message: string | Uint8Array): boolean {
    return this.sendPrepared(new UwsFrame(message));
  }

  sendPrepared(frame: PreparedFrame): boolean {
    if (!this.#isOpen) return true;
    const { raw } = this;
    if (frame instanceof UwsFrames) {
      raw.cork(() => {
        for (const { payload, isBinary } of frame.parts) raw.send(payload, isBinary, false);
      });
    } else {
      const { payload, isBinary } = frame as UwsFrame;
      if (raw.send(payload, isBinary, false) === 1) return true;
    }
    return !this.isBlocked();
  }

  /** Whether the kernel has not taken everything; `onDrain` tells when it has. */
  isBlocked(): boolean {
    const isBlocked = this.bufferedBytes > 0;
    // Never taken back here: a pong may have made the kernel take everything, and the drain is still to come.
    if (isBlocked) this.#waitsForDrain = true;
    return isBlocked;
  }

  join(topic: string): void {
    if (this.#isOpen) this.raw.subscribe(topic);
  }

  leave(topic: string): void {
    if (this.#isOpen) this.raw.unsubscribe(topic);
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** What is held arrives in a later turn, as what TCP holds back would. */
  resume(): void {
    this.#isPaused = false;
    if (this.#held === undefined || this.#held.count === 0 || this.#isDelivering) return;
    this.#isDelivering = true;
    setImmediate(deliver, this);
  }

  close(code: number, reason: string): void {
    this.#deliverAll();
    if (this.#isOpen) this.raw.end(code, reason);
    else this.#sayFarewell();
  }

  terminate(): void {
    this.#held?.clear();
    if (this.#isOpen) this.raw.close();
    else this.#sayFarewell();
  }

  /** Called by the engine. The bytes are uWebSockets.js' own, and gone when it returns. */
  receive(data: ArrayBuffer, isBinary: boolean): void {
    const { byteLength } = data;
    const { maxPayload } = this.#limits;
    this.countFrame(byteLength);
    if (maxPayload > 0 && byteLength > maxPayload) {
      this.#violate(tooBig(`A message exceeds the ${maxPayload} bytes of the option maxPayload`));
      return;
    }
    const bytes = Buffer.from(data);
    const message = isBinary ? Buffer.from(bytes) : bytes.toString();
    if (this.#isPaused || this.#isDelivering) this.#hold(message);
    else this.handler.onMessage(message);
  }

  /** Called by the engine for a pong, too. */
  countFrame(payloadBytes: number): void {
    this.bytesReceived += headerLength(payloadBytes) + MASK_BYTES + payloadBytes;
  }

  /** Called by the engine; the pong is on its way already. */
  pinged(payloadBytes: number): void {
    this.countFrame(payloadBytes);
    if (this.raw.getBufferedAmount() === 0) this.#pongBytes = 0;
    else this.#pongBytes += headerLength(payloadBytes) + payloadBytes;
    const { maxHeldBytes } = this.#limits;
    if (this.#pongBytes > maxHeldBytes) {
      this.#violate(tooMuch(`More than ${maxHeldBytes} bytes of pongs were left unread`));
    }
  }

  /**
   * Called by the engine whenever the kernel has taken some of what is buffered. Nothing may be written
   * before it returns: when a message of 16 KiB or more is then written in part, uWebSockets.js 20.30
   * does not wait for the kernel to take the rest, ever.
   */
  drained(): void {
    if (!this.#waitsForDrain || this.raw.getBufferedAmount() > 0) return;
    this.#waitsForDrain = false;
    setImmediate(announceDrain, this);
  }

  /** Called by the engine, also within `close()` and `terminate()`; the WebSocket is not valid any more. */
  closed(code: number, reason: string): void {
    this.#isOpen = false;
    const isAbnormal = code === NO_CLOSE_FRAME;
    const cut = isAbnormal ? cuts.get(reason) : undefined;
    if (cut !== undefined) this.handler.onError(cut, limitOfFault(cut.closeCode));
    const isExplained = cut !== undefined || reason === HUNG_UP;
    this.#farewell = { code: cut?.closeCode ?? code, reason: isExplained ? '' : reason };
    if (isAbnormal) this.#deliverAll();
    if (this.#held === undefined || this.#held.count === 0) {
      // In a turn of its own, because what came with the close frame may still be waiting for one.
      setImmediate(deliver, this);
      return;
    }
    // A peer that has closed in good order is heard out first, as it would be if its messages and its
    // close frame were still with the kernel. It takes nothing any more, so nothing waits for that.
    if (this.#waitsForDrain) this.handler.onDrain();
  }

  /** Called in the turn after `resume()` or the end. */
  deliver(): void {
    const held = this.#held;
    while (held !== undefined && held.count > 0 && !this.#isPaused) {
      this.handler.onMessage(held.take()!);
    }
    this.#isDelivering = false;
    if (held === undefined || held.count === 0) this.#sayFarewell();
  }

  #deliverAll(): void {
    const held = this.#held;
    while (held !== undefined && held.count > 0) this.handler.onMessage(held.take()!);
  }

  #hold(message: string | Buffer): void {
    this.#held ??= new HeldMessages();
    this.#held.add(message);
    const { maxHeldBytes } = this.#limits;
    if (this.#held.bytes <= maxHeldBytes) return;
    this.#violate(tooMuch(`More than ${maxHeldBytes} bytes came while reading was paused`));
  }

  #violate(fault: FrameError): void {
    this.#held?.clear();
    this.handler.onError(
      fault,
      fault.closeCode === closeCodes.policyViolation
        ? 'maxHeldBytes'
        : limitOfFault(fault.closeCode),
    );
    if (this.#isOpen) this.raw.end(fault.closeCode, '');
  }

  #sayFarewell(): void {
    const { handler } = this;
    if (this.#farewell === undefined || handler === noHandler) return;
    this.handler = noHandler;
    handler.onClose(this.#farewell.code, this.#farewell.reason);
  }
}

function deliver(connection: UwsConnection): void {
  connection.deliver();
}

function announceDrain({ handler }: UwsConnection): void {
  handler.onDrain();
}

function tooMuch(text: string): FrameError {
  return new FrameError(text, closeCodes.policyViolation, 'WS_ERR_TOO_MANY_BUFFERED_PARTS');
}

function tooBig(text: string): FrameError {
  return new FrameError(text, closeCodes.messageTooBig, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH');
}
