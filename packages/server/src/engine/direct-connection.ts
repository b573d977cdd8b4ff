import type { Socket } from 'node:net';
import { closeCodes } from '@asyngular/protocol';
import type { Deadline } from '@asyngular/protocol/internal';
import type { WebSocket } from 'ws';
import { deadlines } from '../turns/deadlines.js';
import { DirectWebSocket } from './direct-web-socket.js';
import { limitOfFault } from './faults.js';
import { createControlFrame } from './frame.js';
import { type FrameError, type FrameLimits, FrameReader, type FrameSink } from './frame-reader.js';
import { connectionOf, noHandler, TcpConnection } from './tcp-connection.js';

const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** Nothing received that would say otherwise. */
const NO_CLOSE_FRAME: number = closeCodes.abnormal;
/** Stands for a close frame without a code; never travels. */
const NO_CODE = closeCodes.noStatus;

/** What all direct connections of an engine share. */
export interface DirectOptions extends FrameLimits {
  /** How long the peer may take to answer our close frame, in ms. */
  readonly closeTimeoutMs: number;
}

/**
 * A connection without extensions, read and written on the TCP socket itself. `ws` has done the
 * opening handshake; its receiver and sender (a stream and its state for each connection, three
 * buffers and two events for each message) are not needed.
 */
export class DirectConnection extends TcpConnection implements FrameSink {
  readonly #reader: FrameReader;
  readonly #options: DirectOptions;
  #webSocket: DirectWebSocket | undefined;
  #closeDeadline: Deadline | undefined;
  #closeSent = false;
  #isPaused = false;
  #isClosed = false;
  #closeCode = NO_CLOSE_FRAME;
  #closeReason = '';
  /** Payload of the latest ping that has no reply yet. */
  #ping: Buffer | undefined;

  constructor(socket: Socket, head: Buffer, options: DirectOptions) {
    super(socket);
    this.#options = options;
    this.#reader = new FrameReader(this, options);
    socket.setTimeout(0);
    socket.setNoDelay();
    if (head.length > 0) socket.unshift(head);
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  /** A WebSocket with the methods and events of `ws`; made on first use. */
  get raw(): WebSocket {
    this.#webSocket ??= new DirectWebSocket(this);
    return this.#webSocket;
  }

  protected get windowBits(): number {
    return 0;
  }

  /** 1 open, 2 closing, 3 closed: as `WebSocket.readyState`. */
  get readyState(): 1 | 2 | 3 {
    if (this.#isClosed) return 3;
    return this.#closeSent || this.#reader.isStopped || !this.socket.writable ? 2 : 1;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    if (this.#isClosed) return;
    this.#isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (this.#isClosed) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  close(code?: number, reason = ''): void {
    if (this.#isClosed || this.#closeSent) return;
    this.#closeSent = true;
    if (this.socket.writable) this.socket.write(createCloseFrame(code, reason));
    this.#closeDeadline = deadlines.add(this.#options.closeTimeoutMs, destroy, this.socket);
    if (this.#reader.isStopped) this.socket.end();
    // A paused reader would never see the peer's answer.
    else this.resume();
  }

  terminate(): void {
    this.socket.destroy();
  }

  ping(data: Buffer): void {
    this.socket.write(createControlFrame(PING, data));
  }

  pong(data: Buffer): void {
    this.socket.write(createControlFrame(PONG, data));
  }

  onText(text: string): void {
    this.handler.onMessage(text);
    if (this.#webSocket?.listenerCount('message')) {
      this.#webSocket.emit('message', Buffer.from(text), false);
    }
  }

  onBinary(data: Buffer): void {
    this.handler.onMessage(data);
    this.#webSocket?.emit('message', data, true);
  }

  /**
   * Only the latest ping needs a reply (RFC 6455 §5.5.3): many at once cost one write, and a peer that
   * does not read costs none.
   */
  onPing(data: Buffer): void {
    this.#ping = data;
    this.#webSocket?.emit('ping', data);
  }

  onPong(data: Buffer): void {
    this.#webSocket?.emit('pong', data);
  }

  onCloseFrame(code: number, reason: string): void {
    this.#closeCode = code;
    this.#closeReason = reason;
    this.#finishReading();
    if (this.#closeSent) this.socket.end();
    else this.close(code === NO_CODE ? undefined : code, reason);
  }

  onViolation(error: FrameError): void {
    this.#finishReading();
    this.close(error.closeCode);
    // What the peer answers, if anything, is not read any more.
    this.#closeCode = error.closeCode;
    this.handler.onError(error, limitOfFault(error.closeCode));
  }

  override drained(): void {
    // Ahead of what the drain lets through, which may block the socket again.
    if (this.#ping !== undefined) this.#answer(this.#ping);
    super.drained();
  }

  /** Called by the data listener. */
  read(chunk: Buffer): void {
    this.#reader.read(chunk);
    if (this.#ping === undefined) return;
    if (!this.isBlocked && !this.socket.writableNeedDrain) this.#answer(this.#ping);
    // A copy: the chunk it came in need not wait, too.
    else this.#ping = Buffer.from(this.#ping);
  }

  #answer(ping: Buffer): void {
    this.#ping = undefined;
    if (!this.#closeSent) this.pong(ping);
  }

  /** Called when the TCP socket is gone. */
  closed(): void {
    const { socket } = this;
    // A paused socket that was reset may hold the peer's close frame.
    if (!this.#reader.isStopped && socket.readableLength > 0) {
      const rest: Buffer | null = socket.read(socket.readableLength);
      if (rest !== null) this.#reader.read(rest);
    }
    this.#isClosed = true;
    if (this.#closeDeadline !== undefined) deadlines.cancel(this.#closeDeadline);
    this.#closeDeadline = undefined;
    const { handler } = this;
    this.handler = noHandler;
    handler.onClose(this.#closeCode, this.#closeReason);
    this.#webSocket?.emit('close', this.#closeCode, Buffer.from(this.#closeReason));
  }

  /** What the peer may still send is read and dropped, so that its FIN is seen. */
  #finishReading(): void {
    this.#isPaused = false;
    this.socket.off('data', onData);
    process.nextTick(resume, this.socket);
  }
}

function createCloseFrame(code: number | undefined, reason: string): Buffer {
  if (code === undefined) return createControlFrame(CLOSE, Buffer.alloc(0));
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  // To write nothing costs ten times as much as the frame.
  if (reason !== '') payload.write(reason, 2);
  return createControlFrame(CLOSE, payload);
}

function onData(this: Socket, chunk: Buffer): void {
  (connectionOf(this) as DirectConnection).read(chunk);
}

/** The peer has ended its half; HTTP servers keep the other one open. */
function onEnd(this: Socket): void {
  // Ended already when a close frame came with it; a second end would cost an error and its stack.
  if (!this.writableEnded) this.end();
}

/** A reset or a failed write; `close` follows. */
function onError(this: Socket): void {
  this.destroy();
}

function onClose(this: Socket): void {
  (connectionOf(this) as DirectConnection).closed();
}

function resume(socket: Socket): void {
  socket.resume();
}

function destroy(socket: Socket): void {
  socket.destroy();
}
