// Running the command from a program

export { type ExitCode, exitCodes } from './exit-codes.js';
export { run } from './run.js';
export type { Terminal } from './terminal.js';
