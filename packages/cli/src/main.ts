#!/usr/bin/env node
import { processTerminal } from './process-terminal.js';
import { run } from './run.js';

const code = await run(process.argv.slice(2), processTerminal());
// What is still under way would be waited for otherwise, such as timers of a module that `asyncapi` has imported. What was
// printed is written before, and if that fails the end is another one.
process.stdout.write('', () => setImmediate(() => process.exit(code)));
