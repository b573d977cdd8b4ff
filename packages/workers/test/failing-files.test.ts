import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { freePort, listenOn } from '@asyngular/test-utils/ports';
import { describe, expect, it } from 'vitest';
import { buildPrograms, Primary, serverProgram, writeFile } from './support/workers.js';

buildPrograms();

describe('a file that cannot be run ends the start with a sentence that says what to do:', () => {
  it.each([
    [
      'does not exist',
      () => '/nowhere/server.js',
      /InvalidArgumentsError: The file of the workers does not exist: \/nowhere\/server\.js; name the file.*was it built/,
    ],
    ['is a folder', () => dirname(serverProgram()), /The file of the workers is a folder: /],
    [
      'is TypeScript',
      () => writeFile('server.ts', 'const a: number = 1;'),
      /Node \S+ cannot run TypeScript: .*compile it first/,
    ],
    [
      'throws when it is imported',
      () => writeFile('throws.js', "throw new Error('no database');"),
      /ProcessExitError: The server cannot run: it threw Error: no database/,
    ],
    [
      'imports what is not there',
      () => writeFile('imports.js', "import './missing.js';"),
      /The server cannot run: it threw Error \[ERR_MODULE_NOT_FOUND\]: Cannot find module/,
    ],
    [
      'rejects',
      () => writeFile('rejects.js', "Promise.reject(new Error('no network'));"),
      /The server cannot run: it threw Error: no network/,
    ],
    [
      'makes no server',
      () => writeFile('ends.js', 'console.log(1);'),
      /The server cannot run: its file came to an end without a server that listens; call listen\(\)/,
    ],
    [
      'exits',
      () => writeFile('exits.js', 'process.exit(7);'),
      /The server cannot run: it exited with code 7/,
    ],
    [
      'waits for ever',
      () => writeFile('waits.js', 'await new Promise(() => {});'),
      /The server cannot run: a top-level await of the file was never settled/,
    ],
  ])('%s', async (what, createFile, sentence) => {
    const primary = new Primary(
      createFile(),
      what === 'never listens' ? { readyTimeout: 500 } : {},
    );
    const { name, message } = await primary.failed();
    expect(`${name}: ${message}`).toMatch(sentence);
    expect(await primary.ended()).toBe('exit code 1');
    expect(primary.output).not.toContain('has ended, because');
  });

  it('its port is taken, which is said once', async () => {
    const other = createServer();
    const port = await listenOn(other, await freePort());
    onCleanup(() => other.close());
    const primary = new Primary(serverProgram(), { workers: 4, args: [`${port}`] });
    const { message } = await primary.failed();
    expect(message).toMatch(/The server cannot run: it threw Error: .*EADDRINUSE.*end the process/);
    await primary.ended();
    expect(primary.output.split('EADDRINUSE: ').length - 1).toBeLessThan(4);
  });
});
