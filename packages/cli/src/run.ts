import { CommanderError } from 'commander';
import { CommandError } from './command-error.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { createProgram } from './program.js';
import { note, styled, type Terminal } from './terminal.js';
import { showBriefly } from './values.js';

/**
 * Runs the command and resolves with its exit code; never rejects. `args` are those after the command's name. What goes
 * wrong is one line on the terminal's standard error.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
  } catch (error) {
    return report(error, terminal);
  }
  return exitCodes.done;
}

function report(error: unknown, terminal: Terminal): ExitCode {
  // Its words have been written: help, the version, or what is wrong with an argument.
  if (error instanceof CommanderError)
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (terminal.signal.aborted) return exitCodes.interrupted;
  const { message } = error instanceof Error ? error : new Error(String(error));
  note(
    terminal,
    `${styled(terminal, 'red', 'error:')} ${showBriefly(message.replace(/\s*\n\s*/g, ' '))}`,
  );
  return error instanceof CommandError ? error.exitCode : exitCodes.failed;
}
