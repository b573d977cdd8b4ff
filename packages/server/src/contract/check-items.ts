import type { PayloadCheck } from '@asyngular/protocol/internal';

/** What a contract says of a stream. */
interface StreamChecks {
  readonly item: PayloadCheck | undefined;
  readonly result: PayloadCheck | undefined;
}

/** The same stream, made of what the checks make of its items and of what it returns. Its source is left when it is. */
export async function* checkItems(
  source: AsyncIterable<unknown>,
  { item, result }: StreamChecks,
): AsyncGenerator<unknown, unknown> {
  const iterator = source[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      isOver = true;
      const step = await iterator.next();
      if (step.done) return result ? await result(step.value) : step.value;
      isOver = false;
      yield item ? await item(step.value) : step.value;
    }
  } finally {
    if (!isOver) await iterator.return?.();
  }
}
