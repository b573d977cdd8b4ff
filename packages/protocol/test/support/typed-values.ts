import fc from 'fast-check';

/** Values of every kind that survives between peers with the extension `types`, and data that looks like its tags. */
export const typedValue: fc.Arbitrary<unknown> = fc.letrec((tie) => {
  const value = tie('value');
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom('$date', '$$date', '$map', '$', 'type', 'Buffer', 'toString', 'base64'),
  );
  return {
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(
        fc.jsonValue({ maxDepth: 0 }),
        name,
        fc.double(),
        fc.bigInt(),
        fc.date({ noInvalidDate: false }),
        fc.uint8Array(),
        fc.uint8Array().map((bytes) => Uint8Array.from(bytes).buffer),
        fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, null, true),
      ),
      fc.array(fc.oneof(value, fc.constant(undefined)), { maxLength: 4 }),
      fc.tuple(name, value),
      fc.array(fc.tuple(value, value), { maxLength: 4 }).map((entries) => new Map(entries)),
      fc.array(value, { maxLength: 4 }).map((members) => new Set(members)),
      fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true }),
      fc.constant({ type: 'Buffer', data: [1, 2] }),
      fc.constant({ base64: true, data: 'aGk=' }),
    ),
  };
}).value;
