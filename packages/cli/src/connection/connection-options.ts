import { readFile } from 'node:fs/promises';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import { readAll } from '../read-input.js';
import type { Terminal } from '../terminal.js';

/** What every command that connects takes. */
export interface ConnectionOptions {
  readonly url: string;
  readonly protocolVersion: 1 | 2;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly origin?: string;
  readonly header?: readonly Header[];
  readonly insecure?: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

type Header = readonly [name: string, value: string];

const DEFAULT_URL = 'ws://localhost:8000/asyngular/';

/** Adds the options of a connection to a command. `ASYNGULAR_URL` and `ASYNGULAR_TOKEN` stand in for what is not given. */
export function addConnectionOptions(command: Command, terminal: Terminal): Command {
  const { ASYNGULAR_URL = DEFAULT_URL } = terminal.env;
  return addWireOptions(
    command.option('-u, --url <url>', 'where the server is; also ASYNGULAR_URL', ASYNGULAR_URL),
  );
}

/** The same for commands that have the address as an argument. */
export function addWireOptions(command: Command): Command {
  command.addOption(
    new Option('--protocol-version <version>', '1 for servers of SocketCluster 14 and older')
      .default(2)
      .argParser(protocolVersion),
  );
  return addUpgradeOptions(command).option(
    '--timeout <ms>',
    'how long to wait for each answer',
    positiveNumber,
    10_000,
  );
}

/** What a client says of itself when it connects, and whom it trusts. */
export function addUpgradeOptions(command: Command): Command {
  return command
    .option('--token <jwt>', 'signed token of the connection; also ASYNGULAR_TOKEN')
    .option('--token-file <file>', 'file with the token; - is standard input')
    .option('--origin <origin>', 'Origin header, as a page of that site would send it')
    .option('--header <name: value>', 'header of the upgrade request; may be repeated', addHeader)
    .option('--insecure', 'accept certificates that nobody trusts');
}

/** The token that the options or the environment name, or null. */
export async function readToken(
  { token, tokenFile }: Pick<ConnectionOptions, 'token' | 'tokenFile'>,
  terminal: Terminal,
): Promise<string | null> {
  if (token !== undefined) return token;
  if (tokenFile !== undefined) return (await readSource(tokenFile, terminal)).trim();
  return terminal.env.ASYNGULAR_TOKEN?.trim() || null;
}

/** The text of a file, or of standard input if it is called `-`. */
export async function readSource(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return readAll(terminal.input);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(
      exitCodes.usage,
      `The file '${file}' cannot be read (${(error as Error).message}); check its name and who may read it`,
      { cause: error },
    );
  }
}

function protocolVersion(text: string): 1 | 2 {
  if (text === '1' || text === '2') return text === '1' ? 1 : 2;
  throw new InvalidArgumentError('It has to be 1 or 2.');
}

/** Parser of an option that is a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError(`It has to be a number above 0.`);
}

/** Parser of an option that is a whole number above 0. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`It has to be a whole number above 0.`);
}

function addHeader(text: string, earlier: readonly Header[] = []): Header[] {
  const [, name, value] = /^([^\s:]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError("Write it as 'Name: value'.");
  }
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`);
  }
  return [...earlier, [name, value]];
}
