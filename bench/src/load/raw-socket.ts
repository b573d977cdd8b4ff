import { connect, type Socket } from 'node:net';
import type { Dialect } from './dialects.js';
import { clientFrame } from './frames.js';

/** All sockets read into the same memory: a chunk is only looked at while its callback runs. */
const chunk = Buffer.allocUnsafe(256 * 1024);

/**
 * A WebSocket client made by hand on a TCP socket, so cheap that the server under test is always
 * the slower side: it reads frame headers, counts messages and looks into payloads only on demand.
 */
export class RawSocket {
  /** Messages received while counting, without heartbeats. */
  messages = 0;
  /** Counted messages whose payload had not the expected length. */
  unexpected = 0;
  /** Length in bytes that every counted message must have; 0 accepts any. */
  expectedBytes = 0;
  /** Called once per chunk with the number of messages that began in it. */
  onMessages: ((count: number) => void) | undefined;
  /** While set, payloads are decoded and handed over, and nothing is counted. */
  onText: ((text: string) => void) | undefined;

  readonly #dialect: Dialect;
  readonly #net: Socket;
  #upgraded: ((error?: Error) => void) | undefined;
  /** Bytes of a header, or in text mode of a frame, that was cut by the end of a chunk. */
  #rest: Buffer | undefined;
  /** Payload bytes of the current frame that are still to come. */
  #skip = 0;
  #closing = false;

  private constructor(dialect: Dialect, port: number) {
    this.#dialect = dialect;
    const callback = (bytes: number) => {
      this.#onChunk(chunk.subarray(0, bytes));
      return true;
    };
    const onread = { buffer: chunk, callback };
    // `onread` belongs to the constructor's options, which @types/node lists for connect() only.
    this.#net = connect({ host: '127.0.0.1', port, noDelay: true, onread } as any);
    this.#net.write(
      `GET ${dialect.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    this.#net.on('error', (error) => this.#onEnd(error));
    this.#net.on('close', () => this.#onEnd(new Error('The server closed the connection.')));
  }

  /** Connects, upgrades and completes the protocol's own handshake. */
  static async open(dialect: Dialect, port: number, token?: string): Promise<RawSocket> {
    const socket = new RawSocket(dialect, port);
    const messages = dialect.handshake(token);
    const ready =
      messages.length > 0 && socket.until((text) => (dialect.isReady(text, token) ? 1 : 0), 1);
    await new Promise<void>((resolve, reject) => {
      socket.#upgraded = (error) => (error ? reject(error) : resolve());
    });
    socket.#upgraded = undefined;
    for (const message of messages) socket.sendText(message);
    await ready;
    return socket;
  }

  send(bytes: Buffer): void {
    this.#net.write(bytes);
  }

  sendText(text: string): void {
    this.#net.write(clientFrame(text));
  }

  /** Reads payloads until `count` of them add up to `total`, then counts again. */
  until(count: (text: string) => number, total: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let sum = 0;
      this.onText = (text) => {
        try {
          sum += count(text);
        } catch (error) {
          reject(error);
        }
        if (sum < total) return;
        this.onText = undefined;
        resolve();
      };
    });
  }

  async subscribe(channels: string[]): Promise<void> {
    const confirmed = this.until((text) => this.#dialect.confirmed(text), channels.length);
    this.send(Buffer.concat(this.#dialect.subscribe(channels).map((text) => clientFrame(text))));
    await confirmed;
  }

  /** Sends a close frame; resolves when the server has ended the connection. */
  close(): Promise<void> {
    this.#closing = true;
    return new Promise((resolve) => {
      this.#net.once('close', () => resolve());
      this.#net.end(clientFrame(Buffer.from([0x03, 0xe8]), 8));
    });
  }

  /** Ends the connection without a word. */
  cut(): void {
    this.#closing = true;
    this.#net.destroy();
  }

  #onEnd(error: Error): void {
    this.#upgraded?.(error);
    if (!this.#closing && !this.#upgraded)
      throw new Error('A connection was lost.', { cause: error });
  }

  #onChunk(bytes: Buffer): void {
    if (this.#upgraded) {
      const seen = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
      const end = seen.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = Buffer.from(seen);
        return;
      }
      this.#rest = undefined;
      const status = seen.toString('latin1', 0, seen.indexOf('\r\n'));
      if (!status.includes(' 101 ')) {
        this.#upgraded(new Error(`The server answered the upgrade with ${status}.`));
        return;
      }
      this.#upgraded();
      this.#onFrames(Buffer.from(seen.subarray(end + 4)));
      return;
    }
    this.#onFrames(bytes);
  }

  #onFrames(bytes: Buffer): void {
    if (this.#skip >= bytes.length) {
      this.#skip -= bytes.length;
      return;
    }
    let at = this.#skip;
    this.#skip = 0;
    let frames = bytes;
    if (this.#rest) {
      frames = Buffer.concat([this.#rest, bytes]);
      this.#rest = undefined;
    }
    let count = 0;
    const end = frames.length;
    while (at < end) {
      if (at + 2 > end) break;
      let length = frames[at + 1]!;
      let header = 2;
      if (length === 126) {
        if (at + 4 > end) break;
        length = frames.readUInt16BE(at + 2);
        header = 4;
      } else if (length === 127) {
        if (at + 10 > end) break;
        length = Number(frames.readBigUInt64BE(at + 2));
        header = 10;
      }
      const next = at + header + length;
      if (length <= 1) {
        if (next > end) break;
        // A heartbeat: an empty message, `2`, or nothing we know.
        this.#onHeartbeat(frames[at]! & 15, frames.toString('latin1', at + header, next));
      } else if (this.onText) {
        if (next > end) break;
        if ((frames[at]! & 15) === 8) this.#onCloseFrame(frames.subarray(at + header, next));
        else this.onText(frames.toString('utf8', at + header, next));
      } else if ((frames[at]! & 15) === 8) {
        if (next > end) break;
        this.#onCloseFrame(frames.subarray(at + header, next));
      } else {
        count += 1;
        if (this.expectedBytes !== 0 && length !== this.expectedBytes) this.unexpected += 1;
      }
      at = next;
    }
    if (at > end) this.#skip = at - end;
    else if (at < end) this.#rest = Buffer.from(frames.subarray(at));
    if (count > 0) {
      this.messages += count;
      this.onMessages?.(count);
    }
  }

  #onHeartbeat(opcode: number, payload: string): void {
    if (opcode === 9) this.send(clientFrame(payload, 10));
    else if (opcode === 1) this.sendText(this.#dialect.pong(payload));
  }

  #onCloseFrame(payload: Buffer): void {
    if (this.#closing) return;
    const reason = payload.toString('utf8', 2);
    throw new Error(`The server closed with ${payload.readUInt16BE(0)} ${reason}.`);
  }
}
