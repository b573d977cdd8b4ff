import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../src/index.js';
import { buildCommand, CommandRun, patience, timeout } from './support/command.js';
import { startMessageProxy } from './support/message-proxy.js';
import { startServer } from './support/server.js';

// What only a process of its own shows: signals, pipes, and children that make the load.

const { until, within } = patience;

let file: string;
beforeAll(async () => {
  file = await buildCommand();
});

const codeOf = (name: keyof typeof exitCodes) => `exit code ${exitCodes[name]}`;

describe('the command as a process', { timeout }, () => {
  it('says goodbye to its server when interrupted, and ends with 0', async () => {
    const { server, url } = await startServer();
    const closes = within('the goodbye', server.listener('disconnection').once());
    const tail = new CommandRun(file, ['tail', 'news', '-u', url]);
    await until('the subscription', () => server.health().channels === 1);
    await server.exchange.invokePublish('news', 'hello');
    await tail.printed(/hello\n/);
    tail.child.kill('SIGINT');
    expect(await tail.ended()).toBe(codeOf('done'));
    expect((await closes).code).toBe(1000);
    expect(tail.errors).toBe('');
  });

  it('ends when it is interrupted while it waits for lines to publish', async () => {
    const { server, url } = await startServer();
    const published = within('the line', server.exchange.subscribe('news').once());
    const pub = new CommandRun(file, ['pub', 'news', '-', '-u', url]);
    pub.child.stdin!.write('hello\n');
    expect(await published).toBe('hello');
    pub.child.kill('SIGINT');
    expect(await pub.ended()).toBe(codeOf('interrupted'));
    expect(pub.errors).toBe('');
    await until('the server to be left', () => server.health().clients === 0);
  });

  it('ends when nobody reads its output any more, as behind head', async () => {
    const { server, url } = await startServer();
    const tail = new CommandRun(file, ['tail', 'news', '-u', url]);
    await until('the subscription', () => server.health().channels === 1);
    tail.child.stdout!.destroy();
    const publishing = setInterval(() => server.exchange.transmitPublish('news', 'hello'), 20);
    onCleanup(() => clearInterval(publishing));
    expect(await tail.ended()).toBe(codeOf('done'));
    expect(tail.errors).toBe('');
  });
});

describe('the command ends', { timeout }, () => {
  /** A device that is always full (Linux). */
  const openFull = () => {
    const full = openSync('/dev/full', 'w');
    onCleanup(() => closeSync(full));
    return full;
  };

  it('with a sentence when its output cannot be written', async () => {
    const run = new CommandRun(file, ['token', '{}', '--key', 'k'], { stdout: openFull() });
    expect(await run.ended()).toBe(codeOf('failed'));
    expect(run.errors).toMatch(/^error: Standard output cannot be written \(ENOSPC.*\n$/m);
    expect(run.errors).not.toMatch(/^ +at /m);
  });

  it('with its exit code when there is nobody to tell why', async () => {
    const run = new CommandRun(file, ['check-token', 'abc'], { stderr: openFull() });
    expect(await run.ended()).toBe(codeOf('badToken'));
  });

  it('also when a module that it has imported goes on', async () => {
    const module = join(dirname(file), 'contract.mjs');
    writeFileSync(module, "setInterval(() => {}, 1_000); export const c = { '~contract': {} };");
    const run = new CommandRun(file, ['asyncapi', module, '--json']);
    expect(await run.ended()).toBe(codeOf('done'));
    expect(JSON.parse(run.output).asyncapi).toBe('3.0.0');
  });
});

/** Child processes of a process (Linux). */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  );
}

describe('bench over processes', { timeout }, () => {
  const args = ['--processes', '2', '--connect-rate', '1000', '--patience', '200', '--json'];

  it('shares the clients out, and adds up what all of them saw', async () => {
    const { url } = await startServer();
    const run = new CommandRun(file, [
      ...['bench', 'channels', '-u', url, '-c', '6', '--channels', '3', '--publishers', '3'],
      ...['-r', '60', '-d', '0.5', ...args],
    ]);
    await run.ended();
    const outcome = JSON.parse(run.output);
    expect(outcome.processes).toBe(2);
    expect(outcome.connections).toMatchObject({ wanted: 9, opened: 9 });
    expect(outcome.messages).toMatchObject({ sent: 30, expected: 60, received: 60, lost: 0 });
    expect(outcome.latency.count).toBe(60);
  });

  it('fails with the same sentence when one is killed while nothing is asked of it', async () => {
    const { url } = await startServer();
    let isDropped = false;
    const proxy = await startMessageProxy(url, (text) => {
      if (!text.includes('"n":1,')) return 'pass';
      isDropped = true;
      return 'drop';
    });
    const run = new CommandRun(file, [
      ...['bench', 'fan-out', '-u', proxy, '-c', '2', '-r', '20', '-d', '0.1', ...args],
      // All have sent what they had to, and what is missing is waited for, for longer than the test may take to see it.
      ...['--patience', '60000', '--timeout', '60000'],
    ]);
    await until('the loss', () => isDropped);
    const [first, second] = childrenOf(run.child.pid!);
    process.kill(first!, 'SIGKILL');
    expect(await run.ended()).toBe(codeOf('failed'));
    expect(run.errors).toMatch(/^error: A process of the load ended by SIGKILL.*\n$/);
    await until('the end of the other process', () => !isAlive(second!));
  });

  it('fails with a sentence when one of them is killed, and leaves none behind', async () => {
    const { server, url } = await startServer();
    const run = new CommandRun(file, [
      ...['bench', 'fan-out', '-u', url, '-c', '4', '-r', '20', '-d', '30', ...args],
    ]);
    await until('publications', () => server.health().channels === 1);
    const [first, second] = childrenOf(run.child.pid!);
    process.kill(first!, 'SIGKILL');
    expect(await run.ended()).toBe(codeOf('failed'));
    expect(run.errors).toMatch(/^error: A process of the load ended by SIGKILL.*\n$/);
    await until('the end of the other process', () => !isAlive(second!));
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
