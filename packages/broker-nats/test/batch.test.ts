import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBatch, encodeBatch, MAX_BATCH } from '../src/log/batch.js';
import { entriesOf, offsetOf, sequenceAfter, sequenceOf } from '../src/log/places.js';

/** What begins like an envelope of today, or of a later version. */
const envelope = fc
  .tuple(fc.integer({ min: 1, max: 10 }), fc.uint8Array({ maxLength: 300 }))
  .map(([version, rest]) => Buffer.from([version << 4, ...rest]));
const batch = fc.array(envelope, { minLength: 1, maxLength: MAX_BATCH });

describe('publications of one message', () => {
  it('are those that were put together, in their order', () => {
    fc.assert(
      fc.property(batch, (envelopes) => {
        expect(decodeBatch(encodeBatch(envelopes)).map((it) => Buffer.from(it))).toEqual(envelopes);
      }),
    );
  });

  it('are one that nobody can read, of anything else', () => {
    fc.assert(
      fc.property(batch, fc.nat(), fc.uint8Array(), (envelopes, where, noise) => {
        const bytes = encodeBatch(envelopes);
        const cut = 1 + (where % bytes.byteLength);
        const broken = Buffer.concat([bytes.subarray(0, cut), noise]);
        const found = decodeBatch(broken);
        if (found.length > 1) expect(Buffer.from(encodeBatch(found))).toEqual(broken);
        else expect(found).toEqual([broken]);
      }),
    );
    expect(decodeBatch(Buffer.alloc(0))).toEqual([Buffer.alloc(0)]);
    const tooMany = Buffer.concat([Buffer.from([0xb1]), Buffer.alloc(4 * (MAX_BATCH + 1))]);
    expect(decodeBatch(tooMany)).toEqual([tooMany]);
  });

  it('have places behind all of the messages before, which tell their message', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: MAX_BATCH }), { minLength: 1 });
    fc.assert(
      fc.property(sizes, (counts) => {
        let before = 0;
        for (const [index, count] of counts.entries()) {
          const sequence = index + 1;
          const data = encodeBatch(Array<Buffer>(count).fill(Buffer.from([1 << 4])));
          const entries = entriesOf('epoch', { sequence, id: `n.${sequence}`, data });
          expect(entries).toHaveLength(count);
          for (const [nth, { position }] of entries.entries()) {
            expect(position.offset).toBeGreaterThan(before);
            before = position.offset;
            expect(sequenceOf(before)).toBe(sequence);
            // The rest of its message is still to come, unless it is the last one.
            expect(sequenceAfter(before)).toBe(nth === count - 1 ? sequence + 1 : sequence);
          }
          expect(before).toBe(offsetOf(sequence));
          expect(new Set(entries.map(({ position }) => position.tag)).size).toBe(count);
        }
      }),
    );
    expect([sequenceOf(0), sequenceAfter(0)]).toEqual([0, 1]);
  });
});
