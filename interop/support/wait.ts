/** Waits that name what they wait for. */
export class Patience {
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Polls until `condition` holds; the error ends with `found()`. */
  async until(
    what: string,
    condition: () => boolean,
    found: () => unknown = () => '',
  ): Promise<void> {
    const deadline = performance.now() + this.#ms;
    while (!condition()) {
      if (performance.now() > deadline) {
        const state = found();
        throw new Error(
          `waited in vain for ${what}${state === '' ? '' : `; found ${show(state)}`}`,
        );
      }
      await pause(2);
    }
  }

  /** `promise`, or an error naming `what` after the deadline. */
  async settled<T>(what: string, promise: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), this.#ms);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function show(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return String(value);
  }
}

/** The error a promise rejects with; throws when it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<any> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`was answered with ${show(value)} instead of an error`);
}
