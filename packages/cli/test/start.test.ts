import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { create } from '@asyngular/client';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { buildWorkerPrograms, type WorkerPrograms } from '@asyngular/test-utils/worker-programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../src/index.js';
import { CommandRun, timeout } from './support/command.js';
import { FakeTerminal } from './support/terminal.js';

let programs: WorkerPrograms;

beforeAll(async () => {
  programs = await buildWorkerPrograms(resolve(import.meta.dirname, '../src/main.ts'), {
    server: resolve(import.meta.dirname, '../../workers/test/support/programs/server.ts'),
  });
});
afterAll(() => programs.remove());

/** `asyngular start` in a process of its own. */
function start(...args: string[]): CommandRun {
  return new CommandRun(programs.primary, ['start', ...args]);
}

describe('asyngular start', { timeout }, () => {
  it('runs a file in workers, says where, and ends with 0 on SIGTERM', async () => {
    const started = start(join(programs.directory, 'server.js'), '--workers', '2', '0');
    const [, port, pid] = await started.printed(/^2 workers on port (\d+) \(pid (\d+)\)\n/);
    expect(Number(pid)).toBe(started.child.pid);
    const socket = create({ hostname: '127.0.0.1', port: Number(port) });
    onCleanup(() => socket.disconnect());
    expect(await socket.invoke('whereAmI')).toEqual(expect.any(Number));
    socket.disconnect();
    started.child.kill('SIGTERM');
    expect(await started.ended()).toBe('exit code 0');
  });

  it('prints events as lines of JSON', async () => {
    const file = join(programs.directory, 'server.js');
    const started = start(file, '--workers', '1', '--json', '0');
    await started.printed(/"event":"start".*\n/);
    started.child.kill('SIGUSR2');
    await started.printed(/"event":"restart".*\n/);
    const lines = started.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual([
      'start',
      'workerStart',
      'workerReady',
      'workerExit',
      'restart',
    ]);
    expect(lines.at(-1)).toMatchObject({ isComplete: true, replaced: 1 });
  });

  it('ends with 1 and one line when the server cannot run', async () => {
    const file = join(programs.directory, 'broken.js');
    writeFileSync(file, "throw new Error('no database');");
    const started = start(file);
    expect(await started.ended()).toBe('exit code 1');
    expect(started.errors).toMatch(/^error: The server cannot run: it threw Error: no database$/m);
    expect(started.output).toBe('');
  });

  it.each([
    ['a file that is not there', ['/nowhere.js'], /does not exist: \/nowhere\.js/],
    ['a number of workers that is none', ['a.js', '-w', 'many'], /auto, or a whole number from 1/],
    ['no workers', ['a.js', '-w', '0'], /workers option of runWorkers\(\) is 0/],
    ['a time that is none', ['a.js', '--spread', '1s'], /a whole number of milliseconds/],
    ['reusePort on an old Node', ['a.js', '--reuse-port'], /needs Node 23\.1|does not exist/],
  ])('refuses %s', async (_what, args, message) => {
    const terminal = new FakeTerminal();
    expect(await terminal.run('start', ...args)).toBe(exitCodes.usage);
    expect(terminal.errors).toMatch(message);
  });
});
