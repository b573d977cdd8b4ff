import fc from 'fast-check';

/** A run is repeated by setting FUZZ_SEED to the seed in the title of its test. */
export const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

/** Values that most members must not have: each type of JSON, and what trips naive code. */
export const wrong: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  ...[null, true, false, 0, -1, 1.5, 1e308, '', '5', 'x', '__proto__', '[]', 'x'.repeat(300)],
  ...[[], [1], [[]], ['c'], {}, { a: {} }, { length: 1 }],
  ...[{ toString: 1 }, { toJSON: 1 }, { message: 5, name: {}, stack: [] }],
);

/** A member: usually wrong, otherwise `right`, sometimes absent. */
export function member(...right: unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 4, arbitrary: wrong },
    { weight: 3, arbitrary: fc.constantFrom(...right) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

/** An object in which one member is wrong, or any of them, or something that has no members. */
export function members(right: Record<string, unknown>): fc.Arbitrary<unknown> {
  const names = Object.keys(right);
  const all = Object.fromEntries(names.map((name) => [name, member(right[name])]));
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...names), wrong)
        .map(([name, value]) => ({ ...right, [name]: value })),
    },
    { weight: 2, arbitrary: fc.record(all) },
    { weight: 1, arbitrary: wrong },
  );
}

/** A packet of that name, as a message or as a call. */
export function packet(
  event: string,
  data: fc.Arbitrary<unknown> = wrong,
): fc.Arbitrary<{ event: string }> {
  const cid = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, member(1, 2, 3));
  return fc.record({ event: fc.constant(event), data, cid });
}

/** A call with terms of its own. */
export function call(
  event: string,
  terms: Record<string, unknown>,
): fc.Arbitrary<{ event: string }> {
  return fc
    .tuple(packet(event), members(terms))
    .map(([plain, added]) => ({ ...(added as object), ...plain }));
}

/** What an error may look like on the wire. */
export const error = members({ message: 'no', name: 'RefusedError', code: 'ERR_X', stack: 'at' });

/** An answer to one of the first calls, or to none. */
export const response = fc.record({
  rid: member(1, 2, 3, 4),
  data: wrong,
  error: fc.oneof(fc.constant(undefined), error),
  open: member(true, undefined),
  more: member(1, 2, undefined),
  end: member(1, 2, undefined),
  ask: member(true, undefined),
});

/** Reasons that fit into a close frame: texts, JSON, JSON of unwanted shapes. */
export const closeReason = fc
  .oneof(
    wrong.map((value) => JSON.stringify(value)),
    fc.constantFrom('', '{', '[', '{"a":', 'bye', '{"toString":1}', '{"__proto__":{"x":1}}'),
  )
  .filter((reason) => Buffer.byteLength(reason) <= 123);

/** Codes that a close frame may carry, those that end a client's attempts included. */
export const closeCode = fc.constantFrom(
  ...[1000, 1001, 1003, 1008, 1011, 3000, 4000, 4001, 4003, 4008, 4100, 4500, 4999],
);

/** Collects what is thrown into nobody's hands while `run` runs; resolves to it. */
export async function faultsDuring(run: () => Promise<void>): Promise<unknown[]> {
  const faults: unknown[] = [];
  const onFault = (fault: unknown) => faults.push(fault);
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  try {
    await run();
    // Rejections are reported once the microtasks have run.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('uncaughtException', onFault);
    process.off('unhandledRejection', onFault);
  }
  return faults;
}
