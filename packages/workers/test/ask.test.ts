import { pass, stopTime } from '@asyngular/test-utils/clock';
import { expect, it } from 'vitest';
import { WorkerQuestions } from '../src/ask.js';
import type { ToWorker } from '../src/messages.js';

function askedWorkers(...ids: number[]) {
  const sent: [worker: number, message: ToWorker][] = [];
  const workers = ids.map((id) => ({
    id,
    send: (message: ToWorker) => {
      if (id < 0) return false;
      sent.push([id, message]);
      return true;
    },
  }));
  return { sent, workers };
}

it('asks every worker, and resolves when all have answered or could not', async () => {
  const questions = new WorkerQuestions();
  const { sent, workers } = askedWorkers(1, 2);
  const answer = questions.askWorkers(workers, 'stats', { deep: true });
  expect(sent).toEqual([
    [1, { type: 'question', id: 1, kind: 'stats', payload: { deep: true } }],
    [2, { type: 'question', id: 1, kind: 'stats', payload: { deep: true } }],
  ]);
  questions.onAnswer(2, { type: 'answer', id: 1, answer: 'two' });
  questions.onAnswer(1, { type: 'noAnswer', id: 1, reason: 'Error: no idea' });
  expect(await answer).toEqual({
    answers: new Map([[2, 'two']]),
    failures: new Map([[1, 'Error: no idea']]),
    silent: [],
  });
});

it('ends at the deadline, and names those that said nothing', async () => {
  stopTime();
  const questions = new WorkerQuestions();
  const { workers } = askedWorkers(1, 2, 3);
  const answer = questions.askWorkers(workers, 'stats', undefined, 500);
  questions.onAnswer(2, { type: 'answer', id: 1, answer: 'two' });
  await pass(500);
  expect(await answer).toMatchObject({ answers: new Map([[2, 'two']]), silent: [1, 3] });
  // What comes late is of no question, also when the worker is asked again.
  const next = questions.askWorkers(askedWorkers(1).workers, 'stats');
  questions.onAnswer(1, { type: 'answer', id: 1, answer: 'late' });
  questions.onAnswer(1, { type: 'answer', id: 2, answer: 'in time' });
  expect((await next).answers).toEqual(new Map([[1, 'in time']]));
});

it('waits neither for workers that are gone, nor for answers that nobody was asked for', async () => {
  const questions = new WorkerQuestions();
  const { workers } = askedWorkers(1, 2, -3);
  const answer = questions.askWorkers(workers, 'stats');
  questions.onAnswer(7, { type: 'answer', id: 1, answer: 'never asked' });
  questions.onExit(2);
  questions.onExit(1);
  expect(await answer).toEqual({ answers: new Map(), failures: new Map(), silent: [-3, 2, 1] });
  expect((await questions.askWorkers([], 'stats')).silent).toEqual([]);
});
