import { pass, stopTime } from '@asyngular/test-utils/clock';
import { expect, it, vi } from 'vitest';
import { create } from '../src/index.js';

it('a consumer that nobody reads is reported on the console, with its stream and backlog', async () => {
  stopTime();
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const socket = create({ hostname: '127.0.0.1', port: 1, autoConnect: false });
  const forgotten = socket.listener('message').createConsumer();
  const slow = socket.listener('raw').createConsumer();
  for (let n = 0; n < 1_024; n++) {
    socket.announce('message', { message: 'x' });
    socket.announce('raw', { message: 'x' });
  }
  await pass(9_999);
  expect(warn).not.toHaveBeenCalled();
  slow.next();
  await pass(1);
  expect(warn.mock.calls).toEqual([
    [
      expect.stringMatching(
        /^Asyngular: consumer 1 of the listener message has read nothing for 10 s, and 1024 messages wait/,
      ),
    ],
  ]);
  forgotten.return();
  slow.return();
});
