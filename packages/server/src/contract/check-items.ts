import type { PayloadCheck } from '@asyngular/protocol/internal';

/** What a contract says of a stream. */
interface StreamChecks {
  readonly item: PayloadCheck | undefined;
  readonly result: PayloadCheck | undefined;
}

/**
 * The same stream, made of what the checks make of its items and of what it returns. Its source is left when it is: at once
 * and once, which a generator would not do that awaits an item. A source whose item does not fit is left, too.
 */
export function checkItems(
  source: AsyncIterable<unknown>,
  checks: StreamChecks,
): AsyncIterable<unknown, unknown> {
  return { [Symbol.asyncIterator]: () => new CheckedItems(source, checks) };
}

class CheckedItems implements AsyncIterator<unknown, unknown> {
  readonly #source: AsyncIterator<unknown>;
  readonly #checks: StreamChecks;
  #isLeft = false;

  constructor(source: AsyncIterable<unknown>, checks: StreamChecks) {
    this.#source = source[Symbol.asyncIterator]();
    this.#checks = checks;
  }

  async next(): Promise<IteratorResult<unknown, unknown>> {
    const { item, result } = this.#checks;
    const { done, value } = await this.#source.next();
    if (done) return { done, value: result === undefined ? value : await result(value) };
    if (item === undefined) return { done: false, value };
    try {
      return { done: false, value: await item(value) };
    } catch (error) {
      // What the source throws meanwhile is less than why it is left.
      await this.return().catch(() => {});
      throw error;
    }
  }

  async return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    if (!this.#isLeft) {
      this.#isLeft = true;
      await this.#source.return?.();
    }
    return { done: true, value };
  }
}
