import type { Socket } from 'node:net';
import type { LiveEntry } from '@asyngular/broker';
import type { LogNode } from '@asyngular/broker/transport';
import { FieldReader } from '../wire/field-reader.js';
import { FrameError } from '../wire/frame-error.js';
import { frameKinds, LENGTH_BYTES, WIRE_VERSION } from '../wire/frame-kinds.js';
import { FrameReader } from '../wire/frame-reader.js';
import { FrameWriter } from '../wire/frame-writer.js';
import { Outbox } from '../wire/outbox.js';
import type { AppendAnswers } from './append-answers.js';
import { type HubLog, refusal } from './hub-log.js';
import { type LaneMember, type Lanes, MAX_LANES } from './lanes.js';

/** While more than this waits for a worker, in bytes, the hub takes no more requests of it. */
const PAUSE_BYTES = 1024 * 1024;

/** What all connections of a hub share. */
export interface HubState {
  readonly lanes: Lanes<WorkerConnection>;
  readonly log: HubLog;
  readonly maxQueuedBytes: number;
  /** How long a connection may take to say who it is. */
  readonly helloTimeoutMs: number;
  /** A worker has said who it is. */
  onHello(connection: WorkerConnection): AppendAnswers;
  /** `failure`: what it did wrong. */
  onEnd(connection: WorkerConnection, failure: string | undefined): void;
  onDelivered(count: number): void;
}

/** A worker as the hub knows it: one connection. */
export class WorkerConnection implements LaneMember, LogNode {
  /** What it calls itself; the same after it has connected again. */
  id = '';
  /** For messages. */
  name = 'a stranger';
  /** It has said that it closes. */
  isLeaving = false;
  readonly #hub: HubState;
  readonly #socket: Socket;
  readonly #reader = new FrameReader((frame) => this.#onFrame(frame));
  readonly #outbox: Outbox;
  #answers: AppendAnswers | undefined;
  /** Logs whose live entries it gets. */
  readonly #followed = new Set<string>();
  /** Requests that are done and have not been answered for. */
  #done = 0;
  #failure: string | undefined;

  constructor(socket: Socket, hub: HubState) {
    this.#socket = socket;
    this.#hub = hub;
    this.#outbox = new Outbox(socket, () => {
      // Later: the hub may be in the middle of what another worker sent.
      if (this.#reader.isPaused) setImmediate(this.#readOn);
    });
    socket.setTimeout(hub.helloTimeoutMs, () => this.#fail('it did not say who it is'));
    socket.on('data', (chunk) => this.#take(() => this.#reader.push(chunk)));
    // What follows is its close.
    socket.on('error', () => {});
    socket.on('close', () => hub.onEnd(this, this.#failure));
  }

  get waitingBytes(): number {
    return this.#outbox.waitingBytes;
  }

  deliver(frame: Buffer): void {
    if (this.#hasRoom()) this.#outbox.add(frame);
  }

  receive(key: string, entry: LiveEntry): void {
    if (this.#hasRoom()) this.#outbox.add(...this.#hub.log.announcementOf(key, entry));
  }

  /** Ends it; its worker connects again if it wants to. */
  end(): void {
    this.#socket.destroy();
  }

  /** Sends what waits, and ends. */
  close(): void {
    this.#outbox.flush();
    this.#socket.end();
  }

  /** For what the worker did not ask for: only that can grow without its doing. */
  #hasRoom(): boolean {
    const { waitingBytes } = this;
    const { maxQueuedBytes } = this.#hub;
    if (waitingBytes <= maxQueuedBytes) return true;
    this.#fail(
      `it reads too slowly: ${waitingBytes} bytes wait for it, and maxQueuedBytes is ${maxQueuedBytes}`,
    );
    return false;
  }

  #answer(frame: Buffer): void {
    this.#tellDone();
    this.#outbox.add(frame);
    // Answers cannot be kept out of memory, but the next requests can.
    if (this.waitingBytes > PAUSE_BYTES) this.#pause();
  }

  #tellDone(): void {
    if (this.#done === 0) return;
    this.#outbox.add(new FrameWriter(frameKinds.done).uint32(this.#done).finish());
    this.#done = 0;
  }

  #pause(): void {
    this.#reader.pause();
    this.#socket.pause();
  }

  readonly #readOn = (): void => {
    if (!this.#reader.isPaused || this.waitingBytes > PAUSE_BYTES) return;
    this.#take(() => this.#reader.resume());
    if (!this.#reader.isPaused) this.#socket.resume();
  };

  /** Whatever is wrong with what a worker sends ends its connection, and nothing else. */
  #take(read: () => void): void {
    try {
      read();
      this.#tellDone();
    } catch (error) {
      this.#fail(`it sent ${(error as Error).message}`);
    }
  }

  #fail(failure: string): void {
    if (this.#socket.destroyed) return;
    this.#failure = failure;
    this.#socket.destroy();
  }

  #onFrame(frame: Buffer): void {
    if (this.#socket.destroyed) return;
    const kind = frame[LENGTH_BYTES];
    const fields = new FieldReader(frame);
    if (!this.#answers) {
      this.#onHello(kind, fields);
      return;
    }
    const { lanes, log } = this.#hub;
    switch (kind) {
      case frameKinds.message:
        this.#hub.onDelivered(lanes.route(fields.key(), frame, this));
        this.#done++;
        return;
      case frameKinds.append:
        this.#answer(log.append(fields, this.#answers));
        return;
      case frameKinds.subscribe:
        this.#subscribe(fields);
        return;
      case frameKinds.follow:
        this.#follow(fields);
        return;
      case frameKinds.unsubscribe:
        lanes.leave(fields.key(), this);
        return;
      case frameKinds.unfollow:
        this.#unfollow(fields.key());
        return;
      case frameKinds.read:
        this.#answer(log.read(fields));
        return;
      case frameKinds.tops:
        this.#answer(log.tops(fields));
        return;
      case frameKinds.probe:
        this.#done++;
        return;
      case frameKinds.bye:
        this.isLeaving = true;
        return;
      default:
        throw new FrameError(`a frame of kind ${kind}`);
    }
  }

  #onHello(kind: number | undefined, fields: FieldReader): void {
    if (kind !== frameKinds.hello) throw new FrameError('something else than a greeting');
    const version = fields.uint8();
    if (version !== WIRE_VERSION) {
      const message = `The hub speaks version ${WIRE_VERSION} and this worker ${version}; restart the primary process, so that both have the same @asyngular/broker-local`;
      this.#outbox.add(refusal(message));
      this.close();
      return;
    }
    this.id = fields.key();
    this.name = fields.key();
    this.#socket.setTimeout(0);
    this.#answers = this.#hub.onHello(this);
    this.#outbox.add(new FrameWriter(frameKinds.welcome).finish());
  }

  #subscribe(fields: FieldReader): void {
    let isJoined = true;
    while (fields.hasMore) isJoined = this.#hub.lanes.join(fields.key(), this) && isJoined;
    this.#answerWhether(isJoined);
  }

  #follow(fields: FieldReader): void {
    while (fields.hasMore && this.#followed.size < MAX_LANES) {
      const key = fields.key();
      this.#followed.add(key);
      this.#hub.log.follow(key, this);
    }
    this.#answerWhether(!fields.hasMore);
  }

  #unfollow(key: string): void {
    if (this.#followed.delete(key)) this.#hub.log.unfollow(key, this);
  }

  #answerWhether(hasRoom: boolean): void {
    if (hasRoom) this.#done++;
    else this.#answer(refusal(`a worker may have ${MAX_LANES} channels, and it has as many`));
  }
}
