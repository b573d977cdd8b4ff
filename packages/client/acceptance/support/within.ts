import { expectsDifference } from './differences.js';

/** Limit for everything a test waits for; short where the test is listed to fail. */
export function patienceMs(): number {
  return expectsDifference() ? 300 : 5_000;
}

/** Resolves like `promise`, or rejects after `limitMs` naming what did not come. */
export async function within<T>(
  limitMs: number,
  what: string,
  promise: PromiseLike<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${limitMs} ms for ${what}`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** `within` the usual limit. */
export function soon<T>(what: string, promise: PromiseLike<T>): Promise<T> {
  return within(patienceMs(), what, promise);
}

/** Lets everything already due run: one macrotask. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** The error `promise` rejects with; fails when it resolves. */
export async function rejection(what: string, promise: PromiseLike<unknown>): Promise<any> {
  const outcome = await soon(
    what,
    promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    ),
  );
  if ('error' in outcome) {
    return outcome.error;
  }
  throw new Error(
    `${what}: expected a rejection, but it resolved with ${JSON.stringify(outcome.value)}`,
  );
}
