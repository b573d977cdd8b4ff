/** Where checks are under way whose order counts: a socket, a channel, a user. */
export interface CheckLine {
  /** The last of them, which never rejects; `undefined` while there is none. */
  checking: Promise<unknown> | undefined;
}

/**
 * Goes on with what a check has made of a payload. At once, if it is there and nothing is being checked on this line; else
 * after what was there before, so that an asynchronous schema changes no order.
 */
export function inTurn<Outcome>(
  line: CheckLine,
  checked: unknown,
  go: (data: unknown) => Outcome | Promise<Outcome>,
): Outcome | Promise<Outcome> {
  const before = line.checking;
  if (before === undefined && !(checked instanceof Promise)) return go(checked);
  const turn = Promise.all([checked, before]);
  const outcome = turn.then(([data]) => go(data));
  // The next one waits for this one to begin, and not for what comes of it: a call is answered when it is. A refusal comes
  // before its turn, so that the one before counts, too.
  const settled = Promise.allSettled([turn, before]);
  line.checking = settled;
  settled.then(() => {
    if (line.checking === settled) line.checking = undefined;
  });
  return outcome;
}

/** Why the contract has kept something from being sent; `undefined`: it was sent. */
export type Refusal = { readonly error: unknown } | undefined;

/** Lines by name, of channels or users, which are many: there is one only while something is being checked on it. */
export class CheckLines {
  readonly #lines = new Map<string, CheckLine>();

  /** See `inTurn()`. */
  inTurn<Outcome>(
    name: string,
    checked: unknown,
    go: (data: unknown) => Outcome | Promise<Outcome>,
  ): Outcome | Promise<Outcome> {
    let line = this.#lines.get(name);
    if (line === undefined) {
      if (!(checked instanceof Promise)) return go(checked);
      line = { checking: undefined };
      this.#lines.set(name, line);
    }
    const own = line;
    const outcome = inTurn(own, checked, go);
    own.checking?.then(() => {
      if (own.checking === undefined) this.#lines.delete(name);
    });
    return outcome;
  }
}
