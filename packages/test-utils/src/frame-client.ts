import { connect, type Socket } from 'node:net';
import { until } from './wait.js';

/** A frame as it came from the server. */
export interface ServerFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly payload: Buffer;
}

/** Bytes of one client frame; `first` is FIN, reserved bits and opcode. */
export function clientFrame(first: number, payload: string | Uint8Array, isMasked = true): Buffer {
  const data = Buffer.from(payload as Uint8Array);
  const mask = Buffer.from([0x12, 0x34, 0xab, 0xcd]);
  const flag = isMasked ? 0x80 : 0;
  let header: Buffer;
  if (data.length < 126) header = Buffer.from([first, flag | data.length]);
  else if (data.length < 65_536) {
    header = Buffer.from([first, flag | 126, data.length >> 8, data.length & 0xff]);
  } else {
    header = Buffer.alloc(10);
    header[0] = first;
    header[1] = flag | 127;
    header.writeBigUInt64BE(BigInt(data.length), 2);
  }
  if (!isMasked) return Buffer.concat([header, data]);
  for (let i = 0; i < data.length; i++) data[i]! ^= mask[i % 4]!;
  return Buffer.concat([header, mask, data]);
}

/** A WebSocket client on plain TCP that sends any bytes and records every frame. */
export class FrameClient {
  readonly frames: ServerFrame[] = [];
  response = '';
  isEnded = false;
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);

  constructor(url: string, extensions?: string) {
    const { hostname, port, pathname } = new URL(url);
    this.socket = connect(Number(port), hostname);
    this.socket.on('data', (chunk) => this.#onData(chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isEnded = true;
    });
    this.socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
        `${extensions ? `Sec-WebSocket-Extensions: ${extensions}\r\n` : ''}\r\n`,
    );
  }

  async handshake(): Promise<void> {
    const seen = () => ({ response: this.response, isEnded: this.isEnded });
    await until('the upgrade', () => this.response !== '', seen);
    this.sendText('{"event":"#handshake","data":{"authToken":null},"cid":1}');
    await until('the handshake reply', () => this.frames.length > 0, seen);
    this.frames.length = 0;
  }

  sendText(text: string): void {
    this.socket.write(clientFrame(0x81, text));
  }

  /** Text messages received, heartbeats left out. Only for uncompressed ones. */
  get texts(): string[] {
    const texts = this.frames.filter(({ opcode }) => opcode === 1);
    return texts.map(({ payload }) => payload.toString()).filter((text) => text.length > 2);
  }

  /** Code and reason of the server's close frame. */
  async closeFrame(): Promise<{ code: number; reason: string }> {
    const find = () => this.frames.find(({ opcode }) => opcode === 8);
    await until('a close frame', () => find() !== undefined);
    const { payload } = find()!;
    return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
  }

  #onData(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (this.response === '') {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.response = this.#bytes.subarray(0, end).toString();
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    while (this.#bytes.length >= 2) {
      let length = this.#bytes[1]! & 0x7f;
      let offset = 2;
      if (length === 126) {
        if (this.#bytes.length < 4) return;
        length = this.#bytes.readUInt16BE(2);
        offset = 4;
      } else if (length === 127) {
        if (this.#bytes.length < 10) return;
        length = Number(this.#bytes.readBigUInt64BE(2));
        offset = 10;
      }
      if (this.#bytes.length < offset + length) return;
      const first = this.#bytes[0]!;
      this.frames.push({
        opcode: first & 0x0f,
        isFinal: first >= 0x80,
        isCompressed: (first & 0x40) !== 0,
        payload: Buffer.from(this.#bytes.subarray(offset, offset + length)),
      });
      this.#bytes = this.#bytes.subarray(offset + length);
    }
  }
}
