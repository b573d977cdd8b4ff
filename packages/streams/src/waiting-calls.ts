interface WaitingCall<R> {
  resolve(result: R): void;
  reject(error: unknown): void;
}

// One shared executor instead of a closure per call: `new Promise` runs it synchronously.
let capturedResolve: ((result: never) => void) | undefined;
let capturedReject: ((error: unknown) => void) | undefined;
function capture(resolve: (result: never) => void, reject: (error: unknown) => void): void {
  capturedResolve = resolve;
  capturedReject = reject;
}

/** Calls that wait for a result, served in the order in which they came.
 *  Invariant: `#more` is empty while `isEmpty`; the usual single waiter needs no list. */
export class WaitingCalls<R> {
  #resolve: ((result: R) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #more: WaitingCall<R>[] | undefined;
  isEmpty = true;

  /** Joins the end of the line. */
  join(): Promise<R> {
    const promise = new Promise<R>(capture);
    const resolve = capturedResolve as (result: R) => void;
    const reject = capturedReject as (error: unknown) => void;
    capturedResolve = undefined;
    capturedReject = undefined;
    if (this.isEmpty) {
      this.isEmpty = false;
      this.#resolve = resolve;
      this.#reject = reject;
    } else {
      this.#more ??= [];
      this.#more.push({ resolve, reject });
    }
    return promise;
  }

  /** Settles the first call. Only called while not empty. */
  resolveFirst(result: R): void {
    const resolve = this.#resolve as (result: R) => void;
    this.#advance();
    resolve(result);
  }

  /** Rejects the first call. Only called while not empty. */
  rejectFirst(error: unknown): void {
    const reject = this.#reject as (error: unknown) => void;
    this.#advance();
    reject(error);
  }

  #advance(): void {
    const next = this.#more?.shift();
    this.#resolve = next?.resolve;
    this.#reject = next?.reject;
    this.isEmpty = next === undefined;
  }
}
