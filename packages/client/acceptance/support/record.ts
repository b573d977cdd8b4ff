import { soon } from './within.js';

interface Waiter {
  ready(): boolean;
  resolve(): void;
}

/** Something that changes as loops run, with waits for a state of it. */
class Watched {
  #waiters = new Set<Waiter>();

  protected changed(): void {
    for (const waiter of this.#waiters) {
      if (waiter.ready()) {
        this.#waiters.delete(waiter);
        waiter.resolve();
      }
    }
  }

  protected wait(what: () => string, ready: () => boolean): Promise<void> {
    if (ready()) {
      return Promise.resolve();
    }
    const reached = new Promise<void>((resolve) => {
      this.#waiters.add({ ready, resolve });
    });
    return soon(what(), reached).catch((error: Error) => {
      throw new Error(`${error.message}; so far: ${what()}`);
    });
  }
}

/** The values one loop has read. */
export class Collected<T> extends Watched {
  readonly values: T[] = [];
  /** Whether the loop has ended. */
  ended = false;

  constructor(stream: AsyncIterable<T>, body?: (value: T) => unknown) {
    super();
    // The iterator is taken now: from here on the stream is buffered.
    const iterator = stream[Symbol.asyncIterator]();
    void this.#run({ [Symbol.asyncIterator]: () => iterator }, body);
  }

  async #run(stream: AsyncIterable<T>, body?: (value: T) => unknown): Promise<void> {
    for await (const value of stream) {
      this.values.push(value);
      this.changed();
      const result = body?.(value);
      // Awaiting nothing would make this loop lag behind others that see the same frames.
      if (result instanceof Promise) {
        await result;
      }
    }
    this.ended = true;
    this.changed();
  }

  async until(count: number): Promise<T[]> {
    await this.wait(
      () => `${count} values, has ${JSON.stringify(this.values)}`,
      () => this.values.length >= count,
    );
    return this.values;
  }

  async untilEnded(): Promise<T[]> {
    await this.wait(
      () => `the end of a loop that read ${JSON.stringify(this.values)}`,
      () => this.ended,
    );
    return this.values;
  }
}

export function collect<T>(stream: AsyncIterable<T>, body?: (value: T) => unknown): Collected<T> {
  return new Collected(stream, body);
}

interface Listenable {
  listener(event: string): AsyncIterable<any>;
}

/** Events of one socket or channel in the order in which idle loops see them. */
export class Recorded extends Watched {
  readonly events: { name: string; data: any }[] = [];

  constructor(emitter: Listenable, names: readonly string[], onEvent?: (name: string) => void) {
    super();
    for (const name of names) {
      const iterator = emitter.listener(name)[Symbol.asyncIterator]();
      void (async () => {
        for await (const data of { [Symbol.asyncIterator]: () => iterator }) {
          this.events.push({ name, data });
          onEvent?.(name);
          this.changed();
        }
      })();
    }
  }

  get names(): string[] {
    return this.events.map((event) => event.name);
  }

  /** Payloads of `name`. */
  of(name: string): any[] {
    return this.events.filter((event) => event.name === name).map((event) => event.data);
  }

  /** Waits for `count` events of `name` and returns the last payload. */
  async until(name: string, count = 1): Promise<any> {
    await this.wait(
      () => `${count} × ${name}, has [${this.names.join(', ')}]`,
      () => this.of(name).length >= count,
    );
    return this.of(name)[count - 1];
  }
}

export function record(
  emitter: Listenable,
  names: readonly string[],
  onEvent?: (name: string) => void,
): Recorded {
  return new Recorded(emitter, names, onEvent);
}
