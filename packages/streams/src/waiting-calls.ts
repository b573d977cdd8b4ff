interface WaitingCall<R> {
  resolve(result: R): void;
  reject(error: unknown): void;
}

/** Calls that wait for a result, served in the order in which they came. */
export class WaitingCalls<R> {
  // The usual single waiter needs no list.
  #first: WaitingCall<R> | undefined;
  #more: WaitingCall<R>[] | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Joins the end of the line. */
  join(): Promise<R> {
    return new Promise((resolve, reject) => {
      const call = { resolve, reject };
      if (this.#first === undefined) this.#first = call;
      else {
        this.#more ??= [];
        this.#more.push(call);
      }
    });
  }

  /** Takes the first call out, to settle it. Only called while not empty. */
  shift(): WaitingCall<R> {
    const call = this.#first as WaitingCall<R>;
    this.#first = this.#more?.shift();
    return call;
  }
}
