import { createTypedJsonCodec } from '@asyngular/protocol/internal';

const codec = createTypedJsonCodec({ isBounded: false });

/**
 * What servers say to each other, whatever their clients speak, as JSON in which types survive. Two texts are equal only if
 * clients see the same in both. Throws what JSON.stringify throws.
 */
export function toStoredJson(list: readonly unknown[]): string {
  return codec.encode(list) as string;
}

/** The list again; the text itself if it is none. Throws `ResourceLimitError` for one that nests too deeply. */
export function fromStoredJson(text: string): unknown {
  return codec.decode(text);
}
