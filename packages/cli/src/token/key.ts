import { CommandError } from '../command-error.js';
import { readSource } from '../connection/connection-options.js';
import { exitCodes } from '../exit-codes.js';
import { note, styled, type Terminal } from '../terminal.js';

/** Where a key comes from. */
export interface KeyOptions {
  readonly keyFile?: string;
  readonly key?: string;
}

/** Descriptions of the options, the same for every command that takes a key. */
export const keyHelp = {
  file: 'file with the secret, or a key in PEM format; - is standard input',
  text: 'the secret itself: others see it in the list of processes',
} as const;

/** The key that the options or `ASYNGULAR_AUTH_KEY` name. A line break at the end of a secret in a file is not part of it. */
export async function readKey(
  { keyFile, key }: KeyOptions,
  terminal: Terminal,
): Promise<string | undefined> {
  if (keyFile !== undefined) return trimKey(await readSource(keyFile, terminal));
  if (key !== undefined) {
    note(
      terminal,
      `${styled(terminal, 'yellow', 'warning:')} a key on the command line is seen by everybody on this machine and kept in the history of the shell; use --key-file or ASYNGULAR_AUTH_KEY`,
    );
    return key;
  }
  return terminal.env.ASYNGULAR_AUTH_KEY || undefined;
}

function trimKey(text: string): string {
  return text.includes('-----BEGIN') ? text : text.replace(/\r?\n$/, '');
}

/** For commands that cannot do without. */
export async function requireKey(options: KeyOptions, terminal: Terminal): Promise<string> {
  const key = await readKey(options, terminal);
  if (key) return key;
  throw new CommandError(
    exitCodes.usage,
    'There is no key to sign with; name its file with --key-file, or set ASYNGULAR_AUTH_KEY',
  );
}
