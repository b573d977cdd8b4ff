import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { endProcess } from '@asyngular/test-utils/process';
import { Patience } from '@asyngular/test-utils/wait';
import { build } from 'esbuild';

/** A program of a megabyte starts, and starts others: that takes its time where many processes do. */
export const patience = new Patience(50_000);
/** Of tests that wait so long. */
export const timeout = 60_000;

const src = resolve(import.meta.dirname, '../../src');

/** The command in a process of its own, made from the sources, with the program of its load processes beside it. */
export async function buildCommand(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'asyngular-command-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Files of a folder without a package.json are CommonJS otherwise.
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  await build({
    entryPoints: { main: join(src, 'main.ts'), child: join(src, 'bench/child.ts') },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@asyngular/source'],
    outdir: folder,
    logLevel: 'error',
    banner: {
      js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(${JSON.stringify(import.meta.filename)});`,
    },
  });
  return join(folder, 'main.js');
}

/** Where a run writes: by default to the test, else to an open file. */
interface Outputs {
  readonly stdout?: 'pipe' | number;
  readonly stderr?: 'pipe' | number;
}

/** A run of the command. */
export class CommandRun {
  readonly child: ChildProcess;
  output = '';
  errors = '';
  readonly #ended: Promise<string>;

  constructor(
    file: string,
    args: readonly string[],
    { stdout = 'pipe', stderr = 'pipe' }: Outputs = {},
  ) {
    this.child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', stdout, stderr] });
    this.child.stdout?.on('data', (data) => {
      this.output += data;
    });
    this.child.stderr?.on('data', (data) => {
      this.errors += data;
    });
    // After the exit, when all that was printed has come.
    this.#ended = new Promise((settle) => {
      this.child.once('close', (code, signal) => settle(signal ?? `exit code ${code}`));
    });
    onCleanup(() => endProcess(this.child, (child) => child.kill('SIGKILL')));
  }

  /** Resolves with the first match of the output; patterns of lines should have the line's end. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null;
    const isPrinted = () => {
      match = pattern.exec(this.output);
      return match !== null;
    };
    await patience.until(`the command to print ${pattern}`, isPrinted, this.#seen);
    return match!;
  }

  /** `'exit code 0'`, or the name of a signal. */
  ended(): Promise<string> {
    return patience.within('the end of the command', this.#ended, this.#seen);
  }

  readonly #seen = () => ({ output: this.output, errors: this.errors });
}
