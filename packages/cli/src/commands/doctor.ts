import type { Command } from 'commander';
import { CommandError } from '../command-error.js';
import {
  addWireOptions,
  type ConnectionOptions,
  positiveInteger,
  readToken,
} from '../connection/connection-options.js';
import { defaultPaths, parseServerUrl, showUrl } from '../connection/server-url.js';
import type { Step } from '../doctor/step.js';
import { exitCodes } from '../exit-codes.js';
import { print, type Style, styled, type Terminal } from '../terminal.js';
import { unlessAborted } from '../unless-aborted.js';
import { showBriefly, showValue } from '../values.js';

interface DoctorOptions extends Omit<ConnectionOptions, 'url'> {
  readonly size: number;
  readonly json?: boolean;
}

/** Adds `asyngular doctor`: which station on the way to a server fails, why, and what to do. */
export function addDoctor(program: Command, terminal: Terminal): void {
  const command = program
    .command('doctor')
    .description('go the way of a client, and say where it ends, why, and what to do about it')
    .argument('<url>', 'where the server is')
    .option(
      '--size <bytes>',
      'size of the message that has to get through',
      positiveInteger,
      65_536,
    )
    .option('--json', 'print what was found as JSON')
    .action((url: string, options: DoctorOptions) => doctor(url, options, terminal));
  addWireOptions(command);
}

async function doctor(url: string, options: DoctorOptions, terminal: Terminal): Promise<void> {
  const { diagnose } = await import('../doctor/diagnose.js');
  const server = parseServerUrl(url, defaultPaths[options.protocolVersion]);
  const diagnosis = diagnose(
    {
      target: { ...server, timeoutMs: options.timeout, insecure: options.insecure ?? false },
      version: options.protocolVersion,
      token: await readToken(options, terminal),
      headers: {
        ...Object.fromEntries(options.header ?? []),
        ...(options.origin !== undefined && { Origin: options.origin }),
      },
      bytes: options.size,
    },
    options.json ? () => {} : (step) => printStep(step, terminal),
  );
  const steps = await unlessAborted(diagnosis, terminal.signal);
  const fault = steps.find(({ state }) => state === 'fault');
  if (options.json) {
    print(terminal, showValue({ url: showUrl(server), isGood: fault === undefined, steps }));
  }
  if (!fault) return;
  throw new CommandError(
    exitCodes.faultFound,
    `${fault.station}: ${fault.fault}: ${fault.text}; ${fault.remedy}`,
  );
}

const marks: { readonly [State in Step['state']]: readonly [mark: string, style: Style] } = {
  good: ['✓', 'green'],
  warning: ['!', 'yellow'],
  fault: ['✗', 'red'],
  skipped: ['–', 'dim'],
};

function printStep({ station, state, text, ms, remedy }: Step, terminal: Terminal): void {
  const [mark, style] = marks[state];
  const time = ms === undefined ? '' : styled(terminal, 'dim', `  ${Math.round(ms)} ms`);
  const shown = showBriefly(text);
  const words = state === 'skipped' ? styled(terminal, 'dim', shown) : shown;
  print(terminal, `${styled(terminal, style, mark)} ${station.padEnd(10)}${words}${time}`);
  if (remedy !== undefined) print(terminal, `  ${''.padEnd(10)}→ ${remedy}`);
}
