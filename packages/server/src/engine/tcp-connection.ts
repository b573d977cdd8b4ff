import type { Socket } from 'node:net';
import type { Connection, ConnectionHandler, PreparedFrame } from './engine.js';
import { createFrame, FrameList } from './frame.js';
import { DeflatedFrame } from './frame-deflate.js';

/** Finds the connection of a TCP socket without a closure per connection. */
const kConnection = Symbol('asyngular.connection');

type Tagged = { [kConnection]?: TcpConnection };

/** Stands where no handler is set yet, or none any more. */
export const noHandler: ConnectionHandler = {
  onMessage() {},
  onDrain() {},
  onClose() {},
  onError() {},
};

/** The connection that was made for a TCP socket. */
export function connectionOf(socket: Socket): TcpConnection {
  return (socket as Tagged)[kConnection]!;
}

/**
 * The outbound half of a connection: our own frames go straight to the `net.Socket`, one shared
 * buffer per publication instead of one `ws.send()` per recipient.
 */
export abstract class TcpConnection implements Connection {
  handler: ConnectionHandler = noHandler;
  protected readonly socket: Socket;
  #waitsForDrain = false;

  constructor(socket: Socket) {
    this.socket = socket;
    // Asked once while it is connected, a socket remembers its peer after it has closed.
    void socket.remoteAddress;
    (socket as Tagged)[kConnection] = this;
  }

  /** Window for compressing what is sent, in bits; 0: compression was not negotiated. */
  protected abstract readonly windowBits: number;

  abstract readonly raw: unknown;
  abstract pause(): void;
  abstract resume(): void;
  abstract close(code: number, reason: string): void;
  abstract terminate(): void;

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  get remoteFamily(): string | undefined {
    return this.socket.remoteFamily;
  }

  get remotePort(): number | undefined {
    return this.socket.remotePort;
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  get bytesReceived(): number {
    return this.socket.bytesRead ?? 0;
  }

  send(message: string | Uint8Array): boolean {
    return this.sendPrepared(createFrame(message));
  }

  sendPrepared(frame: PreparedFrame): boolean {
    const { socket } = this;
    if (!socket.writable) return true;
    if (frame instanceof DeflatedFrame) return this.sendPrepared(frame.bytesFor(this.windowBits));
    let accepted: boolean;
    if (frame instanceof FrameList) {
      socket.cork();
      for (const part of frame.parts) socket.write(part);
      socket.uncork();
      accepted = !socket.writableNeedDrain;
    } else {
      accepted = socket.write(frame as Buffer);
    }
    // `write` answers by the size of what it got; the kernel may have taken all of it.
    accepted ||= socket.writableLength === 0;
    if (!accepted && !this.#waitsForDrain) {
      this.#waitsForDrain = true;
      socket.once('drain', onDrain);
    }
    return accepted;
  }

  /** Whether frames should be held until the next drain. */
  protected get isBlocked(): boolean {
    return this.#waitsForDrain;
  }

  /** Called by the drain listener. */
  drained(): void {
    this.#waitsForDrain = false;
    this.handler.onDrain();
  }
}

function onDrain(this: Socket): void {
  connectionOf(this).drained();
}
