import { delay } from './time.js';

/** A running loop and what it has seen so far. */
export interface Reading<T> {
  readonly values: T[];
  hasEnded: boolean;
  readonly done: Promise<void>;
}

/** Reads `source` in a loop whose body takes `bodyMs`. */
export function read<T>(
  source: AsyncIterable<T>,
  bodyMs?: number,
  onValue?: (value: T) => void,
): Reading<T> {
  const values: T[] = [];
  const loop = async () => {
    for await (const value of source) {
      values.push(value);
      onValue?.(value);
      if (bodyMs !== undefined) await delay(bodyMs);
    }
    reading.hasEnded = true;
  };
  const reading: Reading<T> = { values, hasEnded: false, done: Promise.resolve() };
  return Object.assign(reading, { done: loop() });
}

/** Whether `promise` is settled by now. */
export async function outcome<T>(promise: Promise<T>): Promise<T | 'pending'> {
  let result: T | 'pending' = 'pending';
  promise.then((value) => {
    result = value;
  });
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
  return result;
}
