// Deadlines belong to the test, also while it fakes time for what it tests.
const realSetTimeout = setTimeout;
const realClearTimeout = clearTimeout;
const realNow = performance.now.bind(performance);

/** Far longer than anything takes that a test waits for, also on a busy machine. */
export const PATIENCE_MS = 40_000;

/** Waits that name what they wait for, and end with what they saw instead. Works in pages, too. */
export class Patience {
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Polls until the condition holds. The error names `what` and ends with what `seen()` returns. */
  readonly until = async (
    what: string,
    isTrue: () => boolean | Promise<boolean>,
    seen?: () => unknown,
  ): Promise<void> => {
    const deadline = realNow() + this.#ms;
    while (!(await isTrue())) {
      if (realNow() > deadline) throw this.#inVain(what, seen);
      // Sleeps rather than spins: what is awaited may need this core.
      await pause(1);
    }
  };

  /** Settles as the promise does. The error at the deadline names `what` and ends with `seen()`. */
  readonly within = async <T>(
    what: string,
    promise: PromiseLike<T>,
    seen?: () => unknown,
  ): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = realSetTimeout(() => reject(this.#inVain(what, seen)), this.#ms);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      realClearTimeout(timer);
    }
  };

  #inVain(what: string, seen: (() => unknown) | undefined): Error {
    const end = seen === undefined ? '' : `; saw ${show(seen())}`;
    return new Error(`waited ${this.#ms} ms in vain for ${what}${end}`);
  }
}

export const { until, within } = new Patience(PATIENCE_MS);

/** Lets real time pass, also while a test fakes it. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => realSetTimeout(resolve, ms));
}

/** A value for an error message: JSON, or what `String()` makes of it. */
export function show(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** The error that a promise rejects with. Throws when it resolves, or does nothing in time. */
export async function rejection(
  promise: PromiseLike<unknown>,
  what = 'a rejection',
  patience: Pick<Patience, 'within'> = { within },
): Promise<any> {
  const outcome = await patience.within(
    what,
    promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    ),
  );
  if ('error' in outcome) return outcome.error;
  throw new Error(`${what}: was answered with ${show(outcome.value)} instead of an error`);
}
