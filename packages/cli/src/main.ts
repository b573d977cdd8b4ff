#!/usr/bin/env node
import { exitCodes } from './exit-codes.js';
import { processTerminal } from './process-terminal.js';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), processTerminal());
// What was under way would be waited for otherwise.
if (process.exitCode === exitCodes.interrupted) process.exit();
