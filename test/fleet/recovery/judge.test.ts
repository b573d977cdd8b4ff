import { describe, expect, it } from 'vitest';
import { type Arrival, type ChannelHistory, judge } from './judge.js';

/** `a b ! c a'`: publications, `a'` for `a` at another place, and breaks that put the subscriber behind the named one, `!b`, or at the start, `!`. */
function arrivals(text: string): Arrival[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word) =>
      word.startsWith('!')
        ? { kind: 'break', position: `log:at ${word.slice(1)}` }
        : { kind: 'publication', id: word.replace("'", ''), place: `at ${word}` },
    );
}

function verdictOn(log: string, subscribers: string[], more: Partial<ChannelHistory> = {}) {
  const ids = log.split(' ');
  return judge({
    log: ids.map((id) => ({ id, position: `log:at ${id}` })),
    start: 'log:at ',
    hasSurvived: true,
    acknowledged: ids,
    subscribers: subscribers.map(arrivals),
    ...more,
  });
}

const good = { lost: 0, duplicates: 0, outOfOrder: 0, untold: 0, spurious: 0, gone: 0 };

describe('the judge of a fleet', () => {
  it('finds nothing where everybody got everything once', () => {
    expect(verdictOn('a b c', ['a b c', 'a b c'])).toMatchObject({ ...good, received: 6, told: 0 });
  });

  it.each([
    ['a hole', 'a c', { lost: 1 }],
    ['a late beginning', 'b c', { lost: 1 }],
    ['a missing end', 'a', { lost: 2 }],
    ['nothing at all', '', { lost: 3 }],
    ['a repeat', 'a b b c', { duplicates: 1, outOfOrder: 1 }],
    ['a change of places', 'a c b c', { lost: 1, outOfOrder: 1, duplicates: 1 }],
    ['a break that hides a hole', 'a !b c', { spurious: 1, missedAndTold: 1 }],
    ['a break for nothing', 'a b c !c', { spurious: 1 }],
    ['a hole behind a break', 'a !a c', { spurious: 1, lost: 1 }],
    ['what the log does not have, as if nothing were wrong', 'a x b c', { untold: 1, lost: 1 }],
    ['what the log does not have at the end', 'a b c x', { untold: 1, lost: 0 }],
  ])('finds %s', (_name, got, expected) => {
    expect(verdictOn('a b c', [got])).toMatchObject({ ...good, ...expected });
  });

  it('finds what was acknowledged and is gone', () => {
    expect(verdictOn('a b', ['a b'], { acknowledged: ['a', 'x', 'b'] }).gone).toBe(1);
  });

  it('excuses what was missed because of another log, to those who were told', () => {
    const more = { hasSurvived: false };
    const verdict = verdictOn('c d', ['a b ! c d', 'a !c d', '!d', 'a b d', ''], more);
    expect(verdict).toMatchObject({ ...good, told: 3, missedAndTold: 3, untold: 2, lost: 3 });
  });

  it('excuses what is published again because it had no answer from a log that is gone', () => {
    const more = { hasSurvived: false };
    const verdict = verdictOn('b c', ["a b' ! b c", "a b' b c"], more);
    expect(verdict).toMatchObject({ ...good, told: 1, untold: 1, duplicates: 1 });
  });

  it('finds two orders of what the log has lost', () => {
    const more = { hasSurvived: true };
    const verdict = verdictOn('a b', ['a x y !a b', 'a x z !a b', 'a x y !a b'], more);
    expect(verdict).toMatchObject({ ...good, outOfOrder: 1, told: 3 });
  });
});
