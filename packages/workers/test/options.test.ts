import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { runWorkers } from '../src/index.js';
import { flagsForFiles, resolveOptions } from '../src/options.js';

describe('options', () => {
  it('are as many workers as Node may run in parallel, unless they say how many', () => {
    expect(resolveOptions(undefined).workers).toBe(availableParallelism());
    expect(resolveOptions({ workers: 'auto' }).workers).toBe(availableParallelism());
    expect(resolveOptions({ workers: 3 }).workers).toBe(3);
  });

  it('leave a worker alone that is blocked, where somebody may be debugging it', () => {
    expect(resolveOptions(undefined).blockedTimeout).toBe(60_000);
    expect(resolveOptions({ execArgv: ['--inspect-brk=0'] }).blockedTimeout).toBe(false);
    expect(resolveOptions({ execArgv: ['--inspect'], blockedTimeout: 5_000 }).blockedTimeout).toBe(
      5_000,
    );
  });

  it.each([
    [
      { workers: 0 },
      /workers option of runWorkers\(\) is 0; it must be '?auto'?, or a whole number/,
    ],
    [{ workers: 2.5 }, /from 1 to 1024/],
    [{ worker: 2 }, /Unknown option worker of runWorkers\(\); did you mean workers\?/],
    [{ spread: -1 }, /spread option/],
    [{ blockedTimeout: 999 }, /blockedTimeout option .* is 999; it must be false, or .* from 1000/],
    [{ args: 'a' }, /args option/],
    [{ logger: true }, /logger option/],
  ])('%o is refused', async (options, message) => {
    await expect(runWorkers('server.js', options as object)).rejects.toThrow(message);
  });

  it('reusePort is refused where Node does not have it', async () => {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    const hasIt = major > 23 || (major === 23 && minor >= 1);
    const refusal = hasIt ? /does not exist/ : /needs Node 23\.1 and Linux; this is Node \d/;
    await expect(runWorkers('/nowhere.js', { reusePort: true })).rejects.toThrow(refusal);
  });

  it('workers get the flags of this process, but not its program', () => {
    const program = ['--max-old-space-size=200', '--input-type=module', '-e', 'code', '--inspect'];
    expect(flagsForFiles(program)).toEqual(['--max-old-space-size=200', '--inspect']);
    expect(flagsForFiles(['--import', 'tsx'])).toEqual(['--import', 'tsx']);
  });
});
