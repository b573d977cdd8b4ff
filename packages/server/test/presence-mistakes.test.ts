import { resolve } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Classes } from './presence/model-server.js';
import { history, play } from './presence/world.js';
import { importWithMistake, type Mistake } from './support/mistake.js';

// A check that nothing fails proves nothing: each of these must be found.
const mistakes: (Mistake & { readonly what: string })[] = [
  {
    what: 'holes in the versions are not looked for',
    file: 'presence/replica.ts',
    right: 'if (from > 0 && from !== this.#version) {',
    wrong: 'if (this.#version === undefined) {',
  },
  {
    what: 'what was said before is taken for news',
    file: 'presence/replica.ts',
    right: "if (to <= this.#asOf) return 'old';",
    wrong: '',
  },
  {
    what: 'an answer that was overtaken counts',
    file: 'presence/replica.ts',
    right: 'if (asOf < this.#asOf) return undefined;',
    wrong: '',
  },
  {
    what: 'a change that came before its state is forgotten',
    file: 'presence/views.ts',
    right: 'if (replica.isBehind) this.#repair(replica);',
    wrong: '',
  },
  {
    what: 'members that a state does not have any more stay',
    file: 'presence/replica.ts',
    right: 'const touched = new Set(this.records.keys());\n    this.records.clear();',
    wrong: 'const touched = new Set<string>();',
  },
  {
    what: 'digests are not compared',
    file: 'presence/views.ts',
    right: 'if (replica.differs(said.get(channel) ?? 0, asOf)) this.#repair(replica);',
    wrong: '',
  },
  {
    what: 'a new server is not told what is watched',
    file: 'presence/replicated-presence.ts',
    right: 'onStart: ({ id }) => this.#views.askForAll(id),',
    wrong: '',
  },
  {
    what: 'members of a dead server leave at once',
    file: 'presence/view.ts',
    right: 'this.refresh(key, record, graceMs);',
    wrong: 'this.refresh(key);',
  },
  {
    what: 'members of a dead server stay',
    file: 'presence/replicated-presence.ts',
    right: 'this.#views.drop(server, Math.max(0, this.#host.settings.graceMs - silentMs));',
    wrong: '',
  },
  {
    what: 'those who moved leave before they arrive',
    file: 'presence/view.ts',
    right: 'return hasArrived ? undefined : this.#merged.get(key);',
    wrong: 'return undefined;',
  },
  {
    what: 'a connection that is elsewhere by now keeps its place',
    file: 'presence/replicated-presence.ts',
    right: "case 'moved':\n        this.#move(message.places, from);",
    wrong: "case 'moved':",
  },
  {
    what: 'a lost connection leaves at once',
    file: 'presence/own-members.ts',
    right: 'return this.#host.afterGrace(() => this.release(place));',
    wrong: 'return this.#host.clock.after(1, () => this.release(place));',
  },
  {
    what: 'a lost connection never leaves',
    file: 'presence/own-members.ts',
    right: 'return this.#host.afterGrace(() => this.release(place));',
    wrong: 'return () => place.key;',
  },
  {
    what: 'a member leaves with the first of its connections',
    file: 'presence/own-members.ts',
    right: 'if (member.places.length > 0) {',
    wrong: 'if (false) {',
  },
  {
    what: 'a member is announced again although it was there',
    file: 'presence/view.ts',
    right: '} else if (before === undefined) enter.push(after);',
    wrong: '} else if (before !== undefined || after !== undefined) enter.push(after);',
  },
  {
    what: 'changes are told while the snapshot already has them',
    file: 'presence/view.ts',
    right: 'if (this.#isReady) this.#flush();',
    wrong: '',
  },
  {
    what: 'watchers are not told that everybody is known by now',
    file: 'presence/views.ts',
    right: 'this.#check(view);\n      view.request();',
    wrong: 'this.#check(view);',
  },
  {
    what: 'a channel of many members shows some of them',
    file: 'presence/announcements.ts',
    right: 'of: pages.length,',
    wrong: 'of: 1,',
  },
];

const entry = resolve(import.meta.dirname, 'presence/classes.ts');

it.each(mistakes)('finds the mistake: $what', { timeout: 300_000 }, async (mistake) => {
  const classes = (await importWithMistake(entry, mistake)) as Classes;
  const { failed } = await fc.check(
    fc.asyncProperty(history, (played) => play(classes, played)),
    { numRuns: 4_000, seed: 1, endOnFailure: true },
  );
  expect(failed).toBe(true);
});
