import { BrokerUnavailableError, ConnectionLostError } from '@asyngular/errors';
import type { LogTransport } from './log-transport.js';

interface Question {
  send(): void;
  fail(error: Error): void;
}

export interface QuestionLimits {
  /** Questions that may be without an answer; one more is refused. */
  readonly maxQueuedMessages: number;
  readonly timeoutMs: number;
}

/** Pause, in ms, before a question is asked again that the service could not answer for the time being. */
const RETRY_MS = 100;

/**
 * What the service is asked and may be asked twice. A question waits for a connection, is asked again when its answer was
 * lost with one, or when the service could not answer for the time being, and has one deadline for all of that.
 */
export class Questions {
  readonly #limits: QuestionLimits;
  readonly #transport: Pick<LogTransport, 'isTemporary' | 'isUnanswered'>;
  readonly #open = new Set<Question>();
  #isConnected = false;

  constructor(
    limits: QuestionLimits,
    transport: Pick<LogTransport, 'isTemporary' | 'isUnanswered'>,
  ) {
    this.#limits = limits;
    this.#transport = transport;
  }

  /** `what` completes "The broker did not answer …". Rejects with `BrokerUnavailableError`. */
  ask<T>(what: string, send: () => Promise<T>): Promise<T> {
    const { maxQueuedMessages, timeoutMs } = this.#limits;
    if (this.#open.size >= maxQueuedMessages) {
      const message = `${this.#open.size} questions already wait for the broker, and ${what} is not asked; raise maxQueuedMessages if that is too few`;
      return Promise.reject(new BrokerUnavailableError(message, 'queue-full'));
    }
    return new Promise<T>((resolve, reject) => {
      /** Why the service could not answer, the last time it was asked. */
      let refusal: Error | undefined;
      const isFirstEnd = () => {
        clearTimeout(timer);
        return this.#open.delete(question);
      };
      const question: Question = {
        fail: (error) => {
          if (isFirstEnd()) reject(error);
        },
        send: () => {
          send().then(
            (answer) => {
              if (isFirstEnd()) resolve(answer);
            },
            (cause: Error) => {
              // It is asked again on the next connection.
              if (cause instanceof ConnectionLostError) return;
              if (this.#transport.isTemporary?.(cause)) {
                refusal = this.#transport.isUnanswered?.(cause) ? undefined : cause;
                setTimeout(() => this.#askAgain(question), RETRY_MS).unref();
                return;
              }
              question.fail(refused(what, cause));
            },
          );
        },
      };
      const timer = setTimeout(() => {
        if (refusal) {
          question.fail(refused(`${what} for ${timeoutMs} ms`, refusal));
          return;
        }
        const message = `The broker did not answer ${what} within ${timeoutMs} ms`;
        question.fail(new BrokerUnavailableError(message, 'timeout'));
      }, timeoutMs);
      this.#open.add(question);
      if (this.#isConnected) question.send();
    });
  }

  #askAgain(question: Question): void {
    if (this.#isConnected && this.#open.has(question)) question.send();
  }

  connected(): void {
    this.#isConnected = true;
    for (const question of [...this.#open]) question.send();
  }

  disconnected(): void {
    this.#isConnected = false;
  }

  failAll(error: Error): void {
    for (const question of [...this.#open]) question.fail(error);
  }
}

function refused(what: string, cause: Error): BrokerUnavailableError {
  const message = `The broker refused ${what}: ${cause.message}`;
  return new BrokerUnavailableError(message, 'refused', { cause });
}
