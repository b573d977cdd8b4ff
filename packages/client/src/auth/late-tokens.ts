import type { Requests } from '../messages/requests.js';

/** Knows tokens of logins that the application had begun before it logged out. */
export interface LateTokens {
  /** The application logs out: each of its calls that wait now may still bring one token. */
  expect(): void;
  /** Whether a token that has just come is one of those. */
  takeOne(): boolean;
}

export function createLateTokens(requests: Pick<Requests, 'waitingCalls'>): LateTokens {
  let overtaken: readonly object[] = [];
  let expected = 0;

  return {
    expect() {
      overtaken = requests.waitingCalls();
      expected = overtaken.length;
    },
    takeOne() {
      const calls = requests.waitingCalls();
      // A token does not say which call brought it: while a later one waits, too, it may be of that.
      const isLate =
        expected > 0 && calls.length > 0 && calls.every((call) => overtaken.includes(call));
      expected -= Number(isLate);
      return isLate;
    },
  };
}
