import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import {
  buildPrograms,
  connect,
  connectToBoth,
  Primary,
  serverProgram,
  writeFile,
} from './support/workers.js';

buildPrograms();

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s lets calls finish and clients leave, then ends everything with exit code 0',
  async (signal) => {
    const primary = await new Primary(serverProgram()).running();
    const clients = await connectToBoth(primary.port);
    const calls = clients.map((socket) => socket.invoke('wait', 300));
    const closed = clients.map((socket) => socket.listener('disconnect').once(10_000));
    primary.child.kill(signal);
    expect(await Promise.all(calls)).toEqual([expect.any(Number), expect.any(Number)]);
    for (const { code } of await Promise.all(closed)) expect(code).toBe(1001);
    expect(await primary.ended()).toBe('exit code 0');
  },
);

it('a second signal ends everything at once', async () => {
  const primary = await new Primary(serverProgram()).running();
  const socket = await connect(primary.port);
  socket.invoke('wait', 60_000).catch(() => {});
  // The call is under way once the next one is answered.
  await socket.invoke('whereAmI');
  primary.child.kill('SIGTERM');
  await until('the worker without calls to leave', () => primary.seenOf('workerExit').length > 0);
  primary.child.kill('SIGTERM');
  expect(await primary.ended()).toBe('exit code 143');
});

it('SIGTERM ends a restart, and the one that waits for it, without cutting calls', async () => {
  const primary = await new Primary(serverProgram()).running();
  const clients = await connectToBoth(primary.port);
  const [, second] = (await primary.call('health')).workers;
  const pids = await Promise.all(clients.map((socket) => socket.invoke('whereAmI')));
  // It outlasts the first place, after which the restart goes on to the second.
  const call = clients[pids.indexOf(second.pid)]!.invoke('wait', 1_500);
  primary.child.kill('SIGUSR2');
  await until('a new worker', () => primary.seenOf('workerReady').length > 0, primary.seen);
  primary.child.kill('SIGUSR2');
  // The signal has arrived when what was sent after it is answered.
  await primary.call('health');
  primary.child.kill('SIGTERM');
  expect(await call).toBe(second.pid);
  expect(await primary.ended()).toBe('exit code 0');
});

it('a worker that gets a SIGTERM of its own leaves, and another one takes its place', async () => {
  const primary = await new Primary(serverProgram()).running();
  const [ada] = await connectToBoth(primary.port);
  const pid: number = await ada.invoke('whereAmI');
  process.kill(pid, 'SIGTERM');
  await until('its end', () => primary.seenOf('workerExit').length > 0, primary.seen);
  expect(primary.seenOf('workerExit')[0]).toMatchObject({ pid, code: 0, isExpected: true });
  await until('another worker', () => primary.seenOf('workerReady').length > 0, primary.seen);
  expect((await primary.call('health')).workers).toHaveLength(2);
});

it('leaves the end to a file that closes more than its server', async () => {
  const file = writeFile(
    'closes-more.js',
    `import './server.js';
    process.on('SIGTERM', () => {
      console.log('database closed');
      setTimeout(() => process.exit(0), 50);
    });`,
  );
  const primary = await new Primary(file).running();
  primary.child.kill('SIGTERM');
  expect(await primary.ended()).toBe('exit code 0');
  expect(primary.output.split('database closed')).toHaveLength(3);
});
