/** The service did not answer in time. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Waits for answers, each with a limit. All can be ended at once, so that no timer outlives the broker. */
export class Waits {
  readonly #endings = new Set<(error: Error) => void>();

  /** The promise, or a rejection naming `what` after `timeoutMs`. The promise itself is not cancelled. */
  limit<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const forget = () => {
        clearTimeout(timer);
        this.#endings.delete(fail);
      };
      const fail = (error: Error) => {
        forget();
        reject(error);
      };
      const timer = setTimeout(
        () => fail(new NoAnswerError(`The broker did not answer ${what} within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#endings.add(fail);
      promise.then((value) => {
        forget();
        resolve(value);
      }, fail);
    });
  }

  /** Rejects everything that is being waited for. */
  endAll(error: Error): void {
    for (const fail of [...this.#endings]) fail(error);
  }
}
