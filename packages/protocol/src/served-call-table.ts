import { AbortError } from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';
import { CANCEL_EXTENSION, STREAM_EXTENSION } from './extensions.js';
import type { InvokePacket } from './packets.js';
import { type CallPacket, ServedCall, type ServedCallPort } from './served-call.js';
import type { BodyPart, CallTerms } from './stream-payloads.js';

/**
 * The calls of one peer that have no answer yet, or a stream as their answer. They are known by their ids, so that the
 * peer can withdraw them, give them credit and send their bodies. Client and server bring the connection.
 */
export abstract class ServedCallTable implements ServedCallPort {
  /** Set by servers that leave: streams end at once then. */
  closing: Error | undefined;
  protected readonly unanswered = new Map<number, ServedCall>();
  /** How many of them have streams or bodies. */
  streams = 0;

  abstract readonly window: ServedCallPort['window'] & { readonly maxStreams: number };
  /** `onUnencodable`: what to do when the codec refuses it. */
  abstract send(packet: CallPacket, onUnencodable?: (error: unknown) => void): void;
  abstract respond(call: ServedCall, data: unknown, end?: number): void;
  abstract fail(call: ServedCall, error: unknown): void;
  abstract whenWritable(): Promise<unknown> | undefined;
  abstract startTimer(callback: () => void, delayMs: number): () => void;
  abstract report(error: unknown): void;

  /** Whether both sides have named the extension. */
  protected abstract has(extension: string): boolean;

  get size(): number {
    return this.unanswered.size;
  }

  /** A call has arrived; undefined: it would be one stream too many, and has to be refused. */
  begin({ cid, event, extra }: InvokePacket): ServedCall | undefined {
    const call = new ServedCall(cid, event, extra && this.#agreed(extra), this);
    if (call.isStream && this.streams >= this.window.maxStreams) {
      return undefined;
    }
    this.streams += Number(call.isStream);
    // A peer that uses an id twice has given the first call up.
    this.unanswered.get(cid)?.cancel(withdrawal());
    this.unanswered.set(cid, call);
    return call;
  }

  get(id: number): ServedCall | undefined {
    return this.unanswered.get(id);
  }

  /** The peer has withdrawn a call; false: there is no such call yet, or it may not. */
  withdraw(id: number): boolean {
    const call = this.unanswered.get(id);
    if (!call || !(call.isStream || this.has(CANCEL_EXTENSION))) {
      return false;
    }
    call.cancel(withdrawal());
    return true;
  }

  /** A part of a body; false: it is not its turn, if that matters. */
  acceptBody(part: BodyPart, bytes?: number, isInTurn = true): boolean {
    const call = this.unanswered.get(part.id);
    if (!isInTurn && call?.isDue(part) !== true) {
      return false;
    }
    call?.acceptBody(part, bytes);
    return true;
  }

  /** The connection is over. */
  end(): void {
    for (const call of [...this.unanswered.values()]) {
      call.cancel(
        new AbortError(
          isDevelopment ? 'The connection has ended before the call was answered' : '',
        ),
      );
    }
  }

  forget(call: ServedCall): void {
    this.streams -= Number(call.isStream);
    if (this.unanswered.get(call.id) === call) {
      this.unanswered.delete(call.id);
    }
  }

  /** What both sides have named of the terms. */
  #agreed({ credit, hasBody, timeoutMs }: CallTerms): CallTerms {
    const hasStreams = this.has(STREAM_EXTENSION);
    return {
      credit: hasStreams ? credit : undefined,
      hasBody: hasStreams && hasBody,
      timeoutMs: this.has(CANCEL_EXTENSION) ? timeoutMs : undefined,
    };
  }
}

function withdrawal(): AbortError {
  return new AbortError(isDevelopment ? 'The caller has withdrawn the call' : '');
}
