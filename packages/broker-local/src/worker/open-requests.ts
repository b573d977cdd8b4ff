import { ConnectionLostError } from '@asyngular/broker/transport';
import { FieldReader } from '../wire/field-reader.js';
import { FrameError } from '../wire/frame-error.js';

/** A request that the hub owes an answer. */
interface Request {
  /** Undefined: there is nothing to be read, and the request is part of a `done`. */
  readonly read: ((fields: FieldReader) => unknown) | undefined;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Room of settled requests that is given back at once rather than one by one. */
const MIN_GAP = 1_024;

/** The requests of one connection without an answer, oldest first; the hub answers them in this order. */
export class OpenRequests {
  #requests: Request[] = [];
  /** Where the oldest one is. */
  #head = 0;

  /** Resolves with what `read` makes of the answer, or with nothing when the hub has done it. */
  add<Answer = void>(read?: (fields: FieldReader) => Answer): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.#requests.push({ read, resolve, reject });
    });
  }

  /** So many of the oldest ones are done. */
  done(count: number): void {
    for (let left = count; left > 0; left--) {
      const { read, resolve } = this.#take();
      if (read) throw new FrameError('a request was done that asks for an answer');
      resolve(undefined as never);
    }
  }

  /** The oldest one is answered. */
  answer(frame: Buffer): void {
    const { read, resolve } = this.#take();
    if (!read) throw new FrameError('an answer to a request that asks for none');
    resolve(read(new FieldReader(frame)) as never);
  }

  /** The oldest one is refused. */
  refuse(reason: string): void {
    this.#take().reject(new Error(reason));
  }

  /** The connection is gone, and with it every answer. */
  lose(reason: string): void {
    const lost = this.#requests.slice(this.#head);
    this.#requests = [];
    this.#head = 0;
    for (const { reject } of lost) reject(new ConnectionLostError(reason));
  }

  #take(): Request {
    const request = this.#requests[this.#head];
    if (!request) throw new FrameError('an answer to nothing');
    this.#head++;
    if (this.#head >= MIN_GAP && this.#head * 2 > this.#requests.length) {
      this.#requests.splice(0, this.#head);
      this.#head = 0;
    }
    return request;
  }
}
