/** The promise of an entry, which whoever waits for the same outcome shares. */
export interface Entering {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

export function createEntering(): Entering {
  let settle: Omit<Entering, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // An entry need not be awaited: its refusal is an event, too.
  promise.catch(() => {});
  return { promise, ...settle! };
}
