import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { onCleanup } from './cleanup.js';
import { until, within } from './wait.js';

/** A program of a user, in a process of its own. */
export class Program {
  readonly child: ChildProcess;
  output = '';
  readonly #exited: Promise<string>;

  constructor(file: string) {
    this.child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (data) => {
        this.output += data;
      });
    }
    this.#exited = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    onCleanup(() => this.child.kill('SIGKILL'));
  }

  /** Waits until the program has printed something. */
  printed(text: string): Promise<void> {
    return until(
      `the program to print '${text}'`,
      () => this.output.includes(text),
      () => this.output,
    );
  }

  /** How the program ended: `'exit code 0'`, or the name of a signal. */
  ended(): Promise<string> {
    return within('the end of the program', this.#exited, () => this.output);
  }
}

/**
 * Starts a program, given as the text of an ES module, against the sources of the packages. `unbundled`: packages that
 * look for files beside their own, such as binaries.
 */
export async function startProgram(
  source: string,
  unbundled: readonly string[] = [],
): Promise<Program> {
  const directory = mkdtempSync(join(tmpdir(), 'asyngular-program-'));
  onCleanup(() => rmSync(directory, { recursive: true, force: true }));
  const outfile = join(directory, 'program.mjs');
  await build({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@asyngular/source'],
    outfile,
    logLevel: 'error',
    plugins: [leaveOut(unbundled)],
    // The CommonJS packages in the bundle ask for Node's modules in their own way.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(import.meta.filename)});`,
    },
  });
  return new Program(outfile);
}

/** Leaves imports of these packages in the bundle, by their paths: it stands in a folder without any packages. */
function leaveOut(names: readonly string[]): Plugin {
  const require = createRequire(import.meta.filename);
  return {
    name: 'leave-out',
    setup(build) {
      for (const name of names) {
        const filter = new RegExp(`^${name}$`);
        build.onResolve({ filter }, () => ({ path: require.resolve(name), external: true }));
      }
    },
  };
}
