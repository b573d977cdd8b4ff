import type { Command } from 'commander';
import { CommandError } from '../command-error.js';
import { readToken } from '../connection/connection-options.js';
import { exitCodes } from '../exit-codes.js';
import { readAll } from '../read-input.js';
import { print, styled, type Terminal } from '../terminal.js';
import { judgeTime, readTokenParts } from '../token/describe-token.js';
import { type KeyOptions, keyHelp, readKey } from '../token/key.js';
import { showIndented, showValue } from '../values.js';

interface CheckTokenOptions extends KeyOptions {
  readonly json?: boolean;
}

/** What `check-token` found. */
interface TokenReport {
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
  /** By the times in the token. */
  readonly time: string;
  /** `'verified'`, `'not checked'` without a key, else why the key does not fit. */
  readonly signature: string;
  readonly isGood: boolean;
}

/** Adds `asyngular check-token`: what is in a token, whether a key verifies it, since when it has expired. */
export function addCheckToken(program: Command, terminal: Terminal): void {
  program
    .command('check-token')
    .description('show what is in a token, whether the key verifies it, and how long it is valid')
    .argument('[token]', 'the token; - is standard input; by default ASYNGULAR_TOKEN')
    .option('--key-file <file>', `${keyHelp.file}; also ASYNGULAR_AUTH_KEY`)
    .option('--key <secret>', keyHelp.text)
    .option('--json', 'print the same as JSON')
    .action(async (given: string | undefined, options: CheckTokenOptions) => {
      const token = given === '-' ? await readAll(terminal.input) : given;
      const report = await checkToken(
        (token ?? (await readToken({}, terminal)) ?? '').trim(),
        await readKey(options, terminal),
      );
      if (options.json) print(terminal, showValue(report));
      else printReport(report, terminal);
      if (!report.isGood) {
        throw new CommandError(
          exitCodes.badToken,
          `The token is not good: ${report.time}, signature ${report.signature}; sign a new one with 'asyngular token'`,
        );
      }
    });
}

async function checkToken(token: string, key: string | undefined): Promise<TokenReport> {
  if (token === '') {
    throw new CommandError(
      exitCodes.usage,
      'There is no token to check; pass it as an argument, by standard input (-) or as ASYNGULAR_TOKEN',
    );
  }
  const parts = readTokenParts(token);
  if (!parts) {
    throw new CommandError(
      exitCodes.badToken,
      `'${token.slice(0, 20)}…' is no JSON Web Token: that is three parts in base64url with dots between them; was it cut off when it was copied?`,
    );
  }
  const time = judgeTime(parts.payload, Date.now());
  const signature = key === undefined ? 'not checked' : await verify(token, key);
  return {
    ...parts,
    time: time.text,
    signature,
    isGood:
      (time.state === 'valid' || time.state === 'endless') &&
      (signature === 'verified' || key === undefined),
  };
}

/** The signature alone: the times are judged apart, so that an expired token says both. */
async function verify(token: string, key: string): Promise<string> {
  const { JwtAuthEngine } = await import('@asyngular/server');
  const algorithms = algorithmsLike(readTokenParts(token)?.header.alg);
  try {
    await new JwtAuthEngine().verifyToken(token, key, {
      ignoreExpiration: true,
      ignoreNotBefore: true,
      ...algorithms,
    });
    return 'verified';
  } catch (error) {
    return `not made by this key (${(error as Error).message})`;
  }
}

/** The engine refuses an algorithm that does not suit the kind of key, so that the token's own may be tried. */
function algorithmsLike(alg: unknown): { algorithms?: ['HS384'] | ['HS512'] } {
  return alg === 'HS384' || alg === 'HS512' ? { algorithms: [alg] as ['HS384'] } : {};
}

function printReport(
  { header, payload, time, signature, isGood }: TokenReport,
  terminal: Terminal,
) {
  const title = (text: string) => styled(terminal, 'bold', text.padEnd(11));
  print(terminal, `${title('header')}${showValue(header)}`);
  print(terminal, `${title('payload')}${showIndented(payload)}`);
  print(terminal, `${title('time')}${time}`);
  print(terminal, `${title('signature')}${signature}`);
  print(
    terminal,
    `${title('verdict')}${styled(terminal, isGood ? 'green' : 'red', isGood ? 'good' : 'not good')}`,
  );
}
