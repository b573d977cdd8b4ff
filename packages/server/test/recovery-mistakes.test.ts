import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withMistake } from './recovery/broken-channel.js';
import { history, play } from './recovery/world.js';
import type { Mistake } from './support/mistake.js';

// A check that nothing fails proves nothing: each of these must be found.
const mistakes: (Mistake & { readonly what: string })[] = [
  {
    what: 'an offset is taken for a position, whatever is there',
    file: 'recent-entries.ts',
    right: 'isSamePosition(found, position) ?',
    wrong: 'found.offset === position.offset ?',
  },
  {
    what: 'gaps are not looked for',
    file: 'channel-feed.ts',
    right: 'return previous === offset;',
    wrong: 'return true;',
  },
  {
    what: 'gaps are not looked for as long as the log was empty',
    file: 'channel-feed.ts',
    right: 'return previous === offset;',
    wrong: 'return offset === 0 || previous === offset;',
  },
  {
    what: 'offsets of another epoch are compared',
    file: 'channel-feed.ts',
    right: 'position.epoch !== epoch || position.offset <= offset',
    wrong: 'position.offset <= offset',
  },
  {
    what: 'live entries count after the connection was lost, before the ends were compared',
    file: 'channel-feed.ts',
    right: "if (this.#state === 'live') this.#state = 'suspect';",
    wrong: 'this.#isSuspect = false;',
  },
  {
    what: 'ends are compared in vain',
    file: 'channel-feed.ts',
    right: 'this.seek(top);',
    wrong: '',
  },
  {
    what: 'what was read is delivered again when its live copy comes',
    file: 'channel-feed.ts',
    right: "if (this.#state !== 'live') {",
    wrong: "if (this.#state === 'new') {",
  },
  {
    what: 'a new log is taken up without a word',
    file: 'channel-feed.ts',
    right: 'this.#owner.onBreak(since);',
    wrong: '',
  },
  {
    what: 'one answer of a copy that lags is taken for a loss',
    file: 'log-reader.ts',
    right: 'isCertain || request.isDoubted',
    wrong: 'true',
  },
  {
    what: 'what is left of a log is taken for what was missed',
    file: 'log-reader.ts',
    right: 'if (!reached) {',
    wrong: 'if (!reached && top.epoch !== request.after.epoch) {',
  },
  {
    what: 'a subscriber joins the live ones a turn late',
    file: 'catch-up.ts',
    right: 'this.#owner.join(this);',
    wrong: 'this.#owner.run(() => this.#owner.join(this));',
  },
  {
    what: 'a client that has got further than its server waits for ever',
    file: 'recoverable-channel.ts',
    right: 'this.#onceLive(catchUp, () => catchUp.resume());',
    wrong: '',
  },
  {
    what: 'a slow subscriber goes on at the end of the log',
    file: 'recoverable-channel.ts',
    right: 'this.#behind.get(subscriber)?.resume();',
    wrong: 'this.leave(subscriber);',
  },
  {
    what: 'a client that was away goes on at the end of the log',
    file: 'recoverable-channel.ts',
    right: 'catchUp.moveTo(from, entries);',
    wrong: 'catchUp.moveTo(this.cursor);',
  },
  {
    what: 'publications overtake the answer to the subscription',
    file: 'recoverable-channel.ts',
    right: 'waiting.push(done);',
    wrong: 'waiting.push(done); catchUp.begin();',
  },
];

it.each(mistakes)('finds the mistake: $what', { timeout: 120_000 }, async (mistake) => {
  const Channel = await withMistake(mistake);
  const { failed } = await fc.check(
    fc.asyncProperty(history, (played) => play(Channel, played)),
    { numRuns: 20_000, seed: 1, endOnFailure: true },
  );
  expect(failed).toBe(true);
});
