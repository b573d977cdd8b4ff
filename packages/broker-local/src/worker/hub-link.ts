import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { ConnectionLostError, within } from '@asyngular/broker/transport';
import { FieldReader } from '../wire/field-reader.js';
import { FrameError } from '../wire/frame-error.js';
import { frameKinds, LENGTH_BYTES, MAX_REQUEST_BYTES, WIRE_VERSION } from '../wire/frame-kinds.js';
import { FrameReader } from '../wire/frame-reader.js';
import { FrameWriter } from '../wire/frame-writer.js';
import { Outbox } from '../wire/outbox.js';
import { retryDelayMs } from './backoff.js';
import { OpenRequests } from './open-requests.js';

/** What a link reports. */
export interface LinkEvents {
  onUp(): void;
  onDown(reason: string, error?: Error): void;
  /** An attempt to connect failed, and another one follows. */
  onAttemptFailed(error: Error): void;
  onMessage(fields: FieldReader): void;
  onEntry(fields: FieldReader): void;
}

/** One connection that works. */
interface Line {
  readonly socket: Socket;
  readonly outbox: Outbox;
  readonly requests: OpenRequests;
  readonly attemptTimer: ReturnType<typeof setTimeout>;
  isUp: boolean;
  /** Why it has to end, or did. */
  failure: Error | undefined;
}

/**
 * A worker's connection to its hub. It is made again until `close()`; each attempt is a new line, and what an older
 * one still brings is ignored.
 */
export class HubLink {
  readonly #path: string;
  readonly #connectTimeoutMs: number;
  /** Tells the hub, on the next connection, whose requests these were. */
  readonly #id = randomBytes(12).toString('base64url');
  #events: LinkEvents | undefined;
  #line: Line | undefined;
  #attempt = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(path: string, connectTimeoutMs: number) {
    this.#path = path;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  open(events: LinkEvents): void {
    this.#events = events;
    this.#dial();
  }

  /** Sends a frame that nobody waits for, if there is a connection. */
  tell(...pieces: readonly Uint8Array[]): void {
    if (this.#line?.isUp) this.#line.outbox.add(...pieces);
  }

  /** Sends a request. Resolves when the hub has done it, or with what `read` makes of its answer. */
  ask<Answer = void>(
    pieces: readonly Uint8Array[],
    read?: (fields: FieldReader) => Answer,
  ): Promise<Answer> {
    const line = this.#line;
    if (!line?.isUp) return Promise.reject(new ConnectionLostError('There is no connection'));
    const bytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytes > MAX_REQUEST_BYTES) {
      const message = `it is too large (${bytes} bytes with its header; the hub takes ${MAX_REQUEST_BYTES})`;
      return Promise.reject(new Error(message));
    }
    line.outbox.add(...pieces);
    return line.requests.add(read);
  }

  /** Gives a connection up that does not answer, and makes another one. */
  reset(reason: string): void {
    this.#line?.socket.destroy(new Error(reason));
  }

  /** Sends what waits, says goodbye and ends; what is not done within `graceMs` is cut. */
  async close(graceMs: number): Promise<void> {
    this.#events = undefined;
    clearTimeout(this.#retryTimer);
    const line = this.#line;
    if (!line) return;
    const closed = new Promise<void>((resolve) => line.socket.once('close', resolve));
    if (line.isUp) {
      line.outbox.add(new FrameWriter(frameKinds.bye).finish());
      line.outbox.flush();
      line.socket.end();
      await within(closed, graceMs);
    }
    line.socket.destroy();
  }

  #dial(): void {
    const socket = connect({ path: this.#path });
    const line: Line = {
      socket,
      outbox: new Outbox(socket),
      requests: new OpenRequests(),
      attemptTimer: setTimeout(() => {
        socket.destroy(new Error(`The hub did not answer within ${this.#connectTimeoutMs} ms`));
      }, this.#connectTimeoutMs),
      isUp: false,
      failure: undefined,
    };
    this.#line = line;
    const reader = new FrameReader((frame) => this.#onFrame(line, frame));
    socket.on('connect', () => {
      const hello = new FrameWriter(frameKinds.hello).uint8(WIRE_VERSION).key(this.#id);
      line.outbox.add(hello.key(`process ${process.pid}`).finish());
    });
    socket.on('data', (chunk) => {
      try {
        reader.push(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', (error) => {
      line.failure ??= error;
    });
    socket.on('close', () => this.#onClose(line));
  }

  #onFrame(line: Line, frame: Buffer): void {
    const kind = frame[LENGTH_BYTES];
    const fields = new FieldReader(frame);
    if (line.isUp) {
      if (kind === frameKinds.message) this.#events?.onMessage(fields);
      else if (kind === frameKinds.entry) this.#events?.onEntry(fields);
      else if (kind === frameKinds.done) line.requests.done(fields.uint32());
      else if (kind === frameKinds.answer) line.requests.answer(frame);
      else if (kind === frameKinds.refused) line.requests.refuse(fields.bytes().toString());
      else throw new FrameError(`a frame of kind ${kind} from the hub`);
      return;
    }
    if (kind === frameKinds.refused) throw new Error(fields.bytes().toString());
    if (kind !== frameKinds.welcome) throw new FrameError('the socket belongs to no hub');
    clearTimeout(line.attemptTimer);
    line.isUp = true;
    this.#attempt = 0;
    this.#events?.onUp();
  }

  #onClose(line: Line): void {
    clearTimeout(line.attemptTimer);
    this.#line = undefined;
    const reason = line.failure?.message ?? 'The hub has ended the connection';
    line.requests.lose(reason);
    if (!this.#events) return;
    if (line.isUp) this.#events.onDown(reason, line.failure);
    else this.#events.onAttemptFailed(line.failure ?? new ConnectionLostError(reason));
    this.#retryTimer = setTimeout(() => this.#dial(), retryDelayMs(this.#attempt++));
  }
}
