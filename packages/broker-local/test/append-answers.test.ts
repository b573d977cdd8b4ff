import { describe, expect, it } from 'vitest';
import { AnswersByWorker, AppendAnswers } from '../src/hub/append-answers.js';
import { MAX_OPEN_APPENDS } from '../src/options.js';

const answer = (epoch: string) => ({ position: { epoch, offset: 1, tag: 0 }, duplicate: false });

describe('answers to appends', () => {
  it('are known until the worker has confirmed them', () => {
    const answers = new AppendAnswers();
    for (const sequence of [1, 2, 3]) answers.give(sequence, answer(`${sequence}`));
    answers.confirm(2);
    expect([1, 2, 3].map((sequence) => answers.find(sequence)?.position.epoch)).toEqual([
      undefined,
      undefined,
      '3',
    ]);
    answers.confirm(1);
    expect(answers.isEmpty).toBe(true);
  });

  it('are counted from the beginning on a new connection', () => {
    const answers = new AppendAnswers();
    answers.give(1, answer('1'));
    answers.give(2, answer('2'));
    answers.restart();
    answers.give(2, answers.find(2)!);
    answers.confirm(1);
    expect(answers.find(1)?.position.epoch).toBe('1');
    expect(answers.find(2)).toBeUndefined();
  });

  it('are as many as a worker may have open on a connection, and no more', () => {
    const answers = new AppendAnswers();
    for (let sequence = 0; sequence < MAX_OPEN_APPENDS; sequence++) {
      answers.give(sequence, answer(''));
    }
    expect(() => answers.give(MAX_OPEN_APPENDS, answer(''))).toThrow(
      'more than 100000 appends whose answers it did not confirm',
    );
  });

  it('of earlier connections go first when there are too many', () => {
    const answers = new AppendAnswers();
    for (let sequence = 0; sequence < MAX_OPEN_APPENDS; sequence++) {
      answers.give(sequence, answer(''));
    }
    answers.restart();
    answers.give(0, answers.find(0)!);
    answers.give(MAX_OPEN_APPENDS, answer(''));
    expect([0, 1, 2].map((sequence) => answers.find(sequence) !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('of a worker that is gone wait for it, unless it has none or said that it closes', () => {
    const workers = new AnswersByWorker();
    for (const name of ['a', 'b', 'c']) {
      if (name !== 'c') workers.come(name).give(1, answer(name));
    }
    workers.come('c');
    workers.go('a', true);
    workers.go('b', false);
    workers.go('c', true);
    expect(workers.come('a').find(1)?.position.epoch).toBe('a');
    expect(workers.come('b').find(1)).toBeUndefined();
    expect(workers.come('c').isEmpty).toBe(true);
  });

  it('of 256 workers that are gone wait; the first of more is forgotten', () => {
    const workers = new AnswersByWorker();
    for (let index = 0; index <= 256; index++) {
      workers.come(`${index}`).give(1, answer(''));
      workers.go(`${index}`, true);
    }
    expect(workers.come('0').isEmpty).toBe(true);
    expect(workers.come('1').isEmpty).toBe(false);
    expect(workers.come('256').isEmpty).toBe(false);
  });
});
