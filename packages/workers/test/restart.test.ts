import { readFileSync } from 'node:fs';
import { consume } from '@asyngular/client';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { Talk } from './support/talk.js';
import {
  buildPrograms,
  connectToBoth,
  Primary,
  serverProgram,
  writeFile,
} from './support/workers.js';

buildPrograms();

it('replaces every worker by one that takes clients, on SIGUSR2, and loses nothing', async () => {
  const primary = await new Primary(serverProgram()).running();
  const [ada, bob] = await connectToBoth(primary.port);
  const before: number[] = [await ada.invoke('whereAmI'), await bob.invoke('whereAmI')];
  const talk = new Talk();
  await Promise.all([talk.listen(ada), talk.listen(bob)]);
  talk.speak(ada, 'Ada');
  await talk.goesOn(20, primary.seen);
  let [moves, disconnects] = [0, 0];
  for (const socket of [ada, bob]) {
    consume(socket.listener('migrated'), () => moves++);
    consume(socket.listener('disconnect'), () => disconnects++);
  }

  primary.child.kill('SIGUSR2');
  await until('the restart', () => primary.seenOf('restart').length > 0, primary.seen);
  expect(primary.seenOf('restart')).toEqual([{ isComplete: true, replaced: 2 }]);
  await talk.goesOn(20, primary.seen);
  await talk.end(primary.seen);
  expect(talk.heardBy(ada)).toEqual(talk.said);
  expect(talk.heardBy(bob)).toEqual(talk.said);

  for (const socket of [ada, bob]) expect(before).not.toContain(await socket.invoke('whereAmI'));
  // Each of them went to another worker before its connection ended, and noticed nothing else.
  await until('both to have moved', () => moves >= 2, primary.seen);
  expect(disconnects).toBe(0);
  // One at a time: when an old worker leaves, a new one is ready.
  const order = primary.events
    .map(({ event }) => event)
    .filter((event) => event === 'workerReady' || event === 'workerExit');
  expect(order).toEqual(['workerReady', 'workerExit', 'workerReady', 'workerExit']);
  expect((await primary.call('health')).status).toBe('ok');
  expect((await primary.call('stats')).restarts).toBe(0);
});

it('keeps the old workers when the new version of the file does not run', async () => {
  const file = writeFile('versions.js', readFileSync(serverProgram(), 'utf8'));
  const primary = await new Primary(file).running();
  const [ada] = await connectToBoth(primary.port);
  const pid = await ada.invoke('whereAmI');
  writeFile('versions.js', "throw new Error('version 2 is broken');");
  expect(await primary.call('restart')).toEqual({
    isComplete: false,
    replaced: 0,
    reason: 'it threw Error: version 2 is broken',
  });
  const sentence = 'the restart stopped after 0 workers, because it threw Error';
  await until('the log to say so', () => primary.output.includes(sentence), primary.seen);
  expect(await ada.invoke('whereAmI')).toBe(pid);
  expect(ada.state).toBe('open');
  expect((await primary.call('health')).workers).toHaveLength(2);
});

it('a restart that is asked for during another one follows it', async () => {
  const primary = await new Primary(serverProgram(), { workers: 1 }).running();
  const results = await Promise.all([
    primary.call('restart'),
    primary.call('restart'),
    primary.call('restart'),
  ]);
  expect(results).toEqual([1, 1, 1].map((replaced) => ({ isComplete: true, replaced })));
  expect(primary.seenOf('workerReady')).toHaveLength(2);
});
