import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Contract } from '@asyngular/contract';
import type { Command } from 'commander';
import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import { note, print, type Terminal } from '../terminal.js';
import { unlessAborted } from '../unless-aborted.js';
import { showIndented, showValue } from '../values.js';

interface AsyncApiCommandOptions {
  readonly export?: string;
  readonly title?: string;
  readonly apiVersion?: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** Adds `asyngular asyncapi`: a module with a contract → a document of AsyncAPI 3.0. */
export function addAsyncApi(program: Command, terminal: Terminal): void {
  program
    .command('asyncapi')
    .description('write the contract of an application as a document of AsyncAPI 3.0')
    .argument('<module>', 'the file that exports the contract')
    .option('--export <name>', 'the name of the export, if there are several contracts')
    .option('--title <text>', 'name of the application')
    .option('--api-version <version>', 'its version')
    .option('-o, --output <file>', 'where to write it, instead of standard output')
    .option('--json', 'print it on one line')
    .action(async (file: string, options: AsyncApiCommandOptions) => {
      const contract = findContract(
        await unlessAborted(load(file), terminal.signal),
        file,
        options.export,
      );
      const { asyncapi } = await import('@asyngular/contract');
      const { title, apiVersion: version } = options;
      const document = asyncapi(contract, { ...(title && { title }), ...(version && { version }) });
      const text = options.json ? showValue(document) : showIndented(document);
      for (const warning of warningsOf(document)) note(terminal, `warning: ${warning}`);
      if (options.output === undefined) return print(terminal, text);
      await writeFile(options.output, `${text}\n`);
    });
}

async function load(file: string): Promise<Record<string, unknown>> {
  if (!existsSync(file)) {
    throw new CommandError(
      exitCodes.usage,
      `The file '${file}' does not exist; name the module that exports the contract`,
    );
  }
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const remedy =
      code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? 'this Node does not run TypeScript: name the compiled file, or use Node 22.18 or newer'
        : 'run it with node to see where';
    throw new CommandError(
      exitCodes.usage,
      `'${file}' cannot be imported (${message}); ${remedy}`,
      {
        cause: error,
      },
    );
  }
}

function findContract(
  exports: Record<string, unknown>,
  file: string,
  name: string | undefined,
): Contract {
  const contracts = Object.entries(exports).filter(([, value]) => isContract(value));
  const names = contracts.map(([key]) => key);
  const wanted = name ?? (names.length === 1 ? names[0] : undefined);
  const [, found] = contracts.find(([key]) => key === wanted) ?? [];
  if (isContract(found)) return found;
  const there = names.length === 0 ? 'no contract' : `the contracts ${names.join(', ')}`;
  throw new CommandError(
    exitCodes.usage,
    `'${file}' exports ${there}${name ? `, and not '${name}'` : ''}; ${names.length === 0 ? 'export what contract() returns' : 'choose one with --export'}`,
  );
}

/** What `contract()` returns. */
function isContract(value: unknown): value is Contract {
  return typeof value === 'object' && value !== null && '~contract' in value;
}

function warningsOf(document: Record<string, unknown>): string[] {
  const warnings = document['x-warnings'];
  return Array.isArray(warnings) ? warnings.map(String) : [];
}
