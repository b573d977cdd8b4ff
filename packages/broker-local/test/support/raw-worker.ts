import { connect, type Socket } from 'node:net';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { frameKinds, LENGTH_BYTES, WIRE_VERSION } from '../../src/wire/frame-kinds.js';
import { FrameReader } from '../../src/wire/frame-reader.js';
import { FrameWriter } from '../../src/wire/frame-writer.js';

/** A connection to a hub that sends whatever a test wants, and notes what comes. */
export class RawWorker {
  readonly socket: Socket;
  readonly frames: Buffer[] = [];
  isClosed = false;

  private constructor(path: string) {
    const reader = new FrameReader((frame) => this.frames.push(frame));
    this.socket = connect({ path });
    this.socket.on('data', (chunk) => reader.push(chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
    });
    onCleanup(() => this.socket.destroy());
  }

  static async open(path: string): Promise<RawWorker> {
    const worker = new RawWorker(path);
    await nextEvent(worker.socket, 'connect');
    return worker;
  }

  /** Says who it is, as a worker does. */
  greet({ id = 'x', version = WIRE_VERSION } = {}): this {
    this.send(new FrameWriter(frameKinds.hello).uint8(version).key(id).key('a test'));
    return this;
  }

  send(frame: FrameWriter | Buffer): void {
    this.socket.write(Buffer.isBuffer(frame) ? frame : frame.finish());
  }

  /** How many frames of a kind have come. */
  count(kind: number): number {
    return this.frames.filter((frame) => frame[LENGTH_BYTES] === kind).length;
  }
}
