/** An entry that waits for its outcome, which all who ask for it meanwhile share. */
export interface Entering {
  readonly promise: Promise<void>;
  /** The outcome; `error`: null when the server let the client in. */
  settle(error: unknown): void;
}

/** `cleanUp` is called with the outcome. */
export function createEntering(cleanUp?: () => void): Entering {
  let settle: Entering['settle'];
  const promise = new Promise<void>((resolve, reject) => {
    settle = (error) => {
      cleanUp?.();
      if (error === null) resolve();
      else reject(error);
    };
  });
  // An entry need not be awaited: its refusal is an event, too.
  promise.catch(() => {});
  return { promise, settle: settle! };
}
