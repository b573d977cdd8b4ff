interface WaitingCall<R> {
  resolve(result: R): void;
  reject(error: unknown): void;
}

// One shared executor instead of a closure per call: `new Promise` runs it synchronously.
let captured: WaitingCall<any> | undefined;
function capture(resolve: (result: any) => void, reject: (error: unknown) => void): void {
  captured = { resolve, reject };
}

/** Calls that wait for a result, served in the order in which they came. */
export class WaitingCalls<R> {
  // The usual single waiter needs no list.
  #first: WaitingCall<R> | undefined;
  #more: WaitingCall<R>[] | undefined;
  isEmpty = true;

  /** Joins the end of the line. */
  join(): Promise<R> {
    const promise = new Promise<R>(capture);
    const call = captured as WaitingCall<R> | undefined;
    // Else it would keep the promise, and whoever waits for it, in memory.
    captured = undefined;
    if (this.isEmpty) {
      this.isEmpty = false;
      this.#first = call;
    } else {
      this.#more ??= [];
      this.#more.push(call as WaitingCall<R>);
    }
    return promise;
  }

  /** Takes the first call out, to settle it. Only called while not empty. */
  shift(): WaitingCall<R> {
    const call = this.#first as WaitingCall<R>;
    this.#first = this.#more?.shift();
    this.isEmpty = this.#first === undefined;
    return call;
  }
}
