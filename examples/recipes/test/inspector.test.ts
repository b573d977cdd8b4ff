import { expect, it } from 'vitest';
import { start } from '../src/inspector.js';
import { running } from './support.js';

const password = 'a long enough password';

it('asks for a password below its path, and leaves the rest to Express', async () => {
  const origin = `http://localhost:${await running(start(0, password))}`;
  const statusOf = async (authorization?: string) => {
    const headers = authorization ? { authorization } : undefined;
    return (await fetch(`${origin}/_asyngular/api/overview`, { headers })).status;
  };
  expect(await statusOf()).toBe(401);
  expect(await statusOf(`Basic ${btoa(`admin:${password}`)}`)).toBe(200);
  expect(await (await fetch(`${origin}/`)).text()).toBe('Hello from Express');
  expect((await fetch(`${origin}/_asyngularly`)).status).toBe(404);
});

it('does not start with a password that is not set', () => {
  expect(() => start(0, undefined)).toThrow(/password of admin has no characters/);
});
