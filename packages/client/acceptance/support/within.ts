import { Patience, rejection as rejectionOf } from '@asyngular/test-utils/wait';
import { expectsDifference } from './differences.js';

/** Limit for everything a test waits for; short where the test is listed to fail. */
export function patienceMs(): number {
  return expectsDifference() ? 300 : 15_000;
}

/** Settles as `promise` does, or rejects at the limit naming what did not come. */
export function soon<T>(what: string, promise: PromiseLike<T>): Promise<T> {
  return new Patience(patienceMs()).within(what, promise);
}

/** Lets everything already due run: one macrotask. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** The error `promise` rejects with; fails when it resolves. */
export function rejection(what: string, promise: PromiseLike<unknown>): Promise<any> {
  return rejectionOf(promise, what, new Patience(patienceMs()));
}
