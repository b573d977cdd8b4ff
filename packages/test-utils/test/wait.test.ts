import { expect, it, vi } from 'vitest';
import { pass, stopTime } from '../src/clock.js';
import { Patience, rejection, until } from '../src/wait.js';

const impatient = new Patience(20);

it('a wait that is in vain names what it waited for and what it saw', async () => {
  const found = ['a'];
  const polled = impatient.until(
    'two letters',
    () => found.length === 2,
    () => found,
  );
  await expect(polled).rejects.toThrow('waited 20 ms in vain for two letters; saw ["a"]');
  const never = impatient.within('an answer', new Promise(() => {}), () => undefined);
  await expect(never).rejects.toThrow('waited 20 ms in vain for an answer; saw undefined');
});

it('a wait settles as what it waits for', async () => {
  expect(await impatient.within('a value', Promise.resolve(1))).toBe(1);
  await expect(impatient.within('a value', Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(
    impatient.until('a condition', () => {
      throw new Error('broken');
    }),
  ).rejects.toThrow('broken');
});

it('deadlines go on while a test fakes time', async () => {
  stopTime();
  let passed = false;
  setTimeout(() => {
    passed = true;
  }, 1_000);
  await expect(impatient.until('it', () => passed)).rejects.toThrow('waited 20 ms in vain for it');
  await pass(1_000);
  await until('it', () => passed);
  expect(vi.isFakeTimers()).toBe(true);
});

it('rejection() fails when there is none', async () => {
  expect(await rejection(Promise.reject(new Error('no')))).toMatchObject({ message: 'no' });
  await expect(rejection(Promise.resolve([1]), 'a login')).rejects.toThrow(
    'a login: was answered with [1] instead of an error',
  );
  await expect(rejection(new Promise(() => {}), 'a login', impatient)).rejects.toThrow(
    'in vain for a login',
  );
});
