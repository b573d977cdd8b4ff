import { expect, it } from 'vitest';
import type { FleetMembership } from '../src/fleet/types.js';
import { PeopleQuestions } from '../src/people/people-questions.js';
import type { PeopleRequest } from '../src/people/people-requests.js';

/** A fleet with one other server, which never answers. */
const silent = {
  servers: new Map([['other', {}]]),
  isFrozen: false,
  isSettled: true,
  listen: () => () => undefined,
} as unknown as FleetMembership;
const request: PeopleRequest = { do: 'list', limit: 1 };

it('has room again for each question whose asker needs no further answers', async () => {
  const questions = new PeopleQuestions(silent, { sendToAll() {}, sendTo() {} });
  const timeoutMs = 60_000;
  const askers = Array.from({ length: 10_000 }, () => {
    const enough = new AbortController();
    void questions.ask(request, { timeoutMs, signal: enough.signal });
    return enough;
  });
  expect(() => questions.ask(request, { timeoutMs })).toThrow('10000 questions');
  askers[0]?.abort();
  const last = questions.ask(request, { timeoutMs });
  expect(() => questions.ask(request, { timeoutMs })).toThrow('10000 questions');
  questions.close();
  expect(await last).toMatchObject({ unanswered: ['other'], isComplete: false });
});
