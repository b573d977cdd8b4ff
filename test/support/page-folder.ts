import { execSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import type { DocsPage } from './docs-page.js';

const root = resolve(import.meta.dirname, '../..');
const quietly = '--prefer-offline --no-audit --no-fund';

/** A folder in which a test does what a page says: saves its files and runs its commands. */
export class PageFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'asyngular-page-'));
  readonly #text: string;

  constructor(page: DocsPage) {
    this.#text = page.text;
    onCleanup(() => rmSync(this.path, { recursive: true, force: true }));
  }

  /** Begins a project of ES modules, with tarballs of the packages in place of the registry's. */
  begin(): void {
    const tarballs = process.env.TARBALLS ?? this.#pack();
    this.#execute('npm init -y && npm pkg set type=module', this.path);
    this.#execute(`npm install ${tarballs}/*.tgz ${quietly}`, this.path);
  }

  /** Saves the file that the page gives a name to. */
  save(name: string, edit = (text: string) => text): void {
    const [, rest = ''] = this.#text.split(new RegExp(`Save\\s+as \`${name}\``));
    const text = rest.match(/^```\w+\n([\s\S]*?)^```$/m)?.[1];
    if (text === undefined) throw new Error(`The page has no file ${name}`);
    writeFileSync(join(this.path, name), edit(text));
  }

  /** The command of the page that has these words. */
  command(words: string): string {
    const command = this.#text.split('\n').find((line) => line.includes(words));
    if (command === undefined) throw new Error(`The page has no command ${words}`);
    return command.startsWith('npm install') ? `${command} ${quietly}` : command;
  }

  /** Runs the command of the page that has these words. */
  run(words: string): string {
    return this.#execute(this.command(words), this.path);
  }

  /** The whole test command has packed already, and says where; a test by itself does it. */
  #pack(): string {
    const printed = this.#execute('npm run --silent pack', root);
    const [, folder] = printed.match(/npm install (.+)\/\*\.tgz$/m) ?? [];
    if (folder === undefined) throw new Error(`npm run pack named no tarballs:\n${printed}`);
    return folder;
  }

  #execute(command: string, cwd: string): string {
    try {
      return execSync(`${command} 2>&1`, { cwd, encoding: 'utf8', env: userEnvironment() });
    } catch (error) {
      throw new Error(`${command}\n${(error as { stdout: string }).stdout}`);
    }
  }
}

/** Without what the test runner of this repository sets for its own workers. */
function userEnvironment(): NodeJS.ProcessEnv {
  const { NODE_ENV, NODE_OPTIONS, VITEST, VITEST_POOL_ID, VITEST_WORKER_ID, ...rest } = process.env;
  return rest;
}
