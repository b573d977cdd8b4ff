import { until, within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { Talk } from './support/talk.js';
import { buildPrograms, connectToBoth, Primary, serverProgram } from './support/workers.js';

buildPrograms();

it('loses nothing that was said in a channel with history when a worker is killed', async () => {
  const primary = await new Primary(serverProgram()).running();
  const [ada, bob] = await connectToBoth(primary.port);
  const talk = new Talk();
  await Promise.all([talk.listen(ada), talk.listen(bob)]);
  talk.speak(ada, 'Ada');
  talk.speak(bob, 'Bob');
  await talk.goesOn(50, primary.seen);

  const pid: number = await bob.invoke('whereAmI');
  // He may be back before anybody looks at his state.
  const missed = bob.listener('disconnect').once();
  process.kill(pid, 'SIGKILL');
  await within('Bob to be missed', missed);
  await talk.goesOn(50, primary.seen);
  await talk.end(primary.seen);
  expect([...talk.heardBy(ada)].sort()).toEqual([...talk.said].sort());
  expect(talk.heardBy(bob)).toEqual(talk.heardBy(ada));

  await until('another worker', () => primary.seenOf('workerReady').length > 0, primary.seen);
  const [end] = primary.seenOf('workerExit');
  expect(end).toMatchObject({ pid, signal: 'SIGKILL', isExpected: false });
  const sentence = 'it was killed (SIGKILL)';
  await until('the log to say so', () => primary.output.includes(sentence), primary.seen);
  const { status, workers } = await primary.call('health');
  expect([status, workers.length]).toEqual(['ok', 2]);
  expect((await primary.call('stats')).restarts).toBe(1);
});

it('says what a worker has thrown, and replaces it', async () => {
  const primary = await new Primary(serverProgram()).running();
  const [ada] = await connectToBoth(primary.port);
  ada.invoke('fail').catch(() => {});
  await until('another worker', () => primary.seenOf('workerReady').length > 0, primary.seen);
  expect(primary.seenOf('workerExit')[0]).toMatchObject({
    code: 1,
    reason: 'it threw Error: asked to fail',
  });
});

it('replaces a worker whose event loop is blocked for good', async () => {
  const primary = await new Primary(serverProgram(), {
    blockedTimeout: 3_000,
  }).running();
  const [, socket] = await connectToBoth(primary.port);
  const pid: number = await socket.invoke('whereAmI');
  const back = socket.listener('connect').once();
  socket.invoke('block').catch(() => {});
  await within('the client to be back', back, primary.seen);
  expect(await socket.invoke('whereAmI')).not.toBe(pid);
  const reason = 'its event loop was blocked for 3000 ms; see blockedTimeout';
  await until('its end', () => primary.seenOf('workerExit').length > 0, primary.seen);
  expect(primary.seenOf('workerExit')[0]).toMatchObject({ pid, reason, isExpected: false });
  expect(primary.output).toContain(`(pid ${pid}) has not answered for 1500 ms`);
});

it('ends its workers when it is killed itself', async () => {
  const primary = await new Primary(serverProgram()).running();
  const clients = await connectToBoth(primary.port);
  const pids: number[] = await Promise.all(clients.map((socket) => socket.invoke('whereAmI')));
  primary.child.kill('SIGKILL');
  await until('its workers to end', () => pids.every((pid) => !isAlive(pid)));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
