import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  applyAll,
  emptyList,
  type MessageEvent,
  messagesOf,
} from '../src/messages/message-list.js';

// A channel with a log, and a client of it that publishes, loses answers and connections, and reads pieces of the log.
// Whatever order all of that arrives in, the list ends up as the log is.

type Step =
  | { do: 'theirs' | 'mine'; text: string; answer: 'before' | 'after' | 'lost' }
  | { do: 'refused'; text: string }
  | { do: 'past'; length: number; replace: boolean };

const text = fc.constantFrom('a', 'b', 'ab');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('theirs' as const, 'mine' as const),
    text,
    answer: fc.constantFrom('before' as const, 'after' as const, 'lost' as const),
  }),
  fc.record({ do: fc.constant('refused' as const), text }),
  fc.record({ do: fc.constant('past' as const), length: fc.nat(6), replace: fc.boolean() }),
);

/** Events as they reach a list, and what the log has afterwards. */
function play(steps: readonly Step[]) {
  const events: MessageEvent[] = [];
  const log: { data: { text: string; by: string }; position: string }[] = [];
  let arrived = 0;
  steps.forEach((now, index) => {
    const id = `own.${index}`;
    if (now.do === 'past') {
      const publications = log.slice(log.length - Math.min(now.length, log.length));
      events.push({ type: 'past', publications, after: arrived, replace: now.replace });
      arrived += publications.length;
      return;
    }
    const outgoing = { id, data: { text: now.text }, error: null };
    if (now.do !== 'theirs') events.push({ type: 'sent', outgoing });
    if (now.do === 'refused') {
      events.push({ type: 'failed', outgoing: { ...outgoing, error: new Error('no') } });
      events.push({ type: 'discarded', id });
      return;
    }
    const position = `e:${log.length}`;
    const data = { text: now.text, by: now.do };
    log.push({ data, position });
    const confirmed: MessageEvent = { type: 'confirmed', id, position, comesBack: true };
    if (now.do === 'mine' && now.answer === 'before') events.push(confirmed);
    events.push({ type: 'publication', data, position, recovered: now.answer === 'lost' });
    arrived++;
    if (now.do === 'mine' && now.answer !== 'before') events.push(confirmed);
  });
  return { events, log };
}

it('shows the end of the log, each publication once, under different ids', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      (steps, limit) => {
        const { events, log } = play(steps);
        const list = applyAll(emptyList, events, { limit });
        const messages = messagesOf(list, limit);
        expect(messages.length).toBeLessThanOrEqual(limit);
        expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
        expect(messages.some(({ pending, error }) => pending || error)).toBe(false);
        const positions = messages.map(({ position }) => position);
        // What `replace` has cut off does not come back; what is there is the end of the log without a hole.
        expect(positions).toEqual(log.slice(log.length - positions.length).map((l) => l.position));
        if (steps.every((s) => s.do !== 'past' || !s.replace)) {
          expect(positions.length).toBe(Math.min(limit, log.length));
        }
        for (const { data, position } of messages) {
          expect(data).toEqual(log.find((l) => l.position === position)?.data);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

it('is the same list, however its events are cut into frames', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.array(fc.nat(5)), (steps, cuts) => {
      const { events } = play(steps);
      const options = { limit: 10 };
      let list = emptyList;
      const rest = [...events];
      for (const cut of cuts) list = applyAll(list, rest.splice(0, cut), options);
      list = applyAll(list, rest, options);
      expect(list).toEqual(applyAll(emptyList, events, options));
    }),
  );
});

it('never lets a list that is only published to grow beyond what waits', () => {
  const events: MessageEvent[] = [];
  for (let n = 0; n < 500; n++) {
    events.push({ type: 'sent', outgoing: { id: `${n}`, data: n, error: null } });
    events.push({ type: 'confirmed', id: `${n}`, position: `e:${n}`, comesBack: true });
  }
  const { waiting, confirmed } = applyAll(emptyList, events, { limit: 10 });
  expect(waiting.length + confirmed.length).toBe(10);
});

it('what does not come back stands where it was answered', () => {
  const list = applyAll(
    emptyList,
    [
      { type: 'sent', outgoing: { id: 'own', data: 'mine', error: null } },
      { type: 'confirmed', id: 'own', position: 'e:1', comesBack: false },
      { type: 'publication', data: 'theirs', position: 'e:2', recovered: false },
    ],
    { limit: 10 },
  );
  expect(messagesOf(list, 10).map(({ data }) => data)).toEqual(['mine', 'theirs']);
});
