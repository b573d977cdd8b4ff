import type { JwtAlgorithm } from '@asyngular/server';
import type { Command } from 'commander';
import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import { print, styled, type Terminal } from '../terminal.js';
import { judgeTime, readTokenParts, type TokenParts } from '../token/describe-token.js';
import { type KeyOptions, keyHelp, requireKey } from '../token/key.js';
import { parseValue, showIndented, showValue } from '../values.js';

interface TokenOptions extends KeyOptions {
  readonly expiresIn: string;
  readonly algorithm?: JwtAlgorithm;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Adds `asyngular token`: signs a token, as the server does at a login. */
export function addToken(program: Command, terminal: Terminal): void {
  program
    .command('token')
    .description('sign a token with the key of a server')
    .argument('<claims>', 'what the server finds in socket.authToken, as a JSON object')
    .option('--key-file <file>', `${keyHelp.file}; also ASYNGULAR_AUTH_KEY`)
    .option('--key <secret>', keyHelp.text)
    .option('--expires-in <time>', 'seconds, or a text such as 2h', '1d')
    .option('--algorithm <name>', 'such as HS512; by default what suits the key')
    .option('-q, --quiet', 'print the token and nothing else, for scripts')
    .option('--json', 'print token, header and payload as JSON')
    .action(async (json: string, options: TokenOptions) => {
      const claims = parseValue(json);
      const token = await sign(claims, options, terminal);
      const parts = readTokenParts(token)!;
      if (!('exp' in Object(claims))) assertFuture(parts, options);
      if (options.quiet) return print(terminal, token);
      if (options.json) return print(terminal, showValue({ token, ...parts }));
      print(terminal, token);
      const { text } = judgeTime(parts.payload, Date.now());
      print(terminal, styled(terminal, 'dim', `${showIndented(parts.payload)}\n${text}`));
    });
}

async function sign(claims: unknown, options: TokenOptions, terminal: Terminal): Promise<string> {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new CommandError(
      exitCodes.usage,
      `The claims have to be a JSON object such as '{"name":"Ann"}'; they are ${showValue(claims)}`,
    );
  }
  const key = await requireKey(options, terminal);
  const { JwtAuthEngine } = await import('@asyngular/server');
  const { algorithm, expiresIn } = options;
  // A number of seconds, as in claims; everything else is a text with a unit.
  const lifetime = /^\d+$/.test(expiresIn) ? Number(expiresIn) : expiresIn;
  try {
    return await new JwtAuthEngine().signToken(claims, key, {
      ...('exp' in claims ? {} : { expiresIn: lifetime }),
      ...(algorithm && { algorithm }),
    });
  } catch (error) {
    throw new CommandError(
      exitCodes.usage,
      `The token was not signed: ${(error as Error).message}; see --algorithm, --expires-in and the key`,
      { cause: error },
    );
  }
}

/** A token that has expired when it is signed is a slip of the pen, unless the claims ask for it. */
function assertFuture({ payload: { iat, exp } }: TokenParts, { expiresIn }: TokenOptions): void {
  if (Number(exp) > Number(iat)) return;
  throw new CommandError(
    exitCodes.usage,
    `--expires-in is '${expiresIn}', and the token would have expired already; it has to be a time to come, such as 60 or 2h`,
  );
}
