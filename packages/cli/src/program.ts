import { Command } from 'commander';
import { addAsyncApi } from './commands/asyncapi.js';
import { addBench } from './commands/bench.js';
import { addCall } from './commands/call.js';
import { addCheckToken } from './commands/check-token.js';
import { addDoctor } from './commands/doctor.js';
import { addPub } from './commands/pub.js';
import { addStart } from './commands/start.js';
import { addStream } from './commands/stream.js';
import { addTail } from './commands/tail.js';
import { addToken } from './commands/token.js';
import { addTop } from './commands/top.js';
import { exitCodes } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { version } from './version.js';

/** Adds a command to the program. What a command needs beyond its options is imported when it runs. */
export type AddCommand = (program: Command, terminal: Terminal) => void;

/** In the order in which `--help` lists them. */
const commands: readonly AddCommand[] = [
  addStart,
  addTail,
  addPub,
  addCall,
  addStream,
  addToken,
  addCheckToken,
  addAsyncApi,
  addDoctor,
  addTop,
  addBench,
];

/** The command with all its subcommands, which write to the terminal. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('asyngular')
    .description(
      'Starts servers of Asyngular; talks to them and to those of SocketCluster, loads them, and finds what is wrong.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.writeError(text),
      getOutHelpWidth: () => terminal.size.columns,
    })
    .addHelpText('after', `\nEnds with one of these codes:\n${codeList()}`);
  for (const add of commands) add(program, terminal);
  pointToHelp(program, program.name());
  return program;
}

/** What is written in a way that no command knows is answered with where that command says what it knows. */
function pointToHelp(command: Command, name: string): void {
  command.showHelpAfterError(`(${name} --help lists what there is)`);
  for (const each of command.commands) pointToHelp(each, `${name} ${each.name()}`);
}

function codeList(): string {
  return Object.entries(exitCodes)
    .map(([name, code]) => `${String(code).padStart(5)}  ${name}`)
    .join('\n');
}
