import { addAbortSignal } from 'node:stream';
import { exitCodes } from './exit-codes.js';
import type { Terminal } from './terminal.js';

const DEFAULT_SIZE = { columns: 80, rows: 24 };

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process;
  const signal = endOf(process);
  return {
    write: (text) => stdout.write(text),
    writeError: (text) => stderr.write(text),
    // A command that waits for input would not hear of its end otherwise.
    get input() {
      return addAbortSignal(signal, stdin);
    },
    keys: stdin.isTTY && stdout.isTTY ? readKeys(stdin, signal) : undefined,
    isInteractive: stdout.isTTY === true,
    showsProgress: stderr.isTTY === true,
    get size() {
      // A terminal that nobody has given a size, as in some containers, says 0.
      return {
        columns: stdout.columns || DEFAULT_SIZE.columns,
        rows: stdout.rows || DEFAULT_SIZE.rows,
      };
    },
    env,
    signal,
  };
}

/**
 * Aborted by the first signal, so that a command can say goodbye to its server. The second one ends the process as
 * if nobody listened. A reader that has gone away, as `head` does, ends the command, too.
 */
function endOf({ stdout, stderr }: NodeJS.Process): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => ending.abort());
  }
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return ending.abort();
    stderr.write(
      `error: Standard output cannot be written (${error.message}); see where it goes\n`,
    );
    process.exit(exitCodes.failed);
  });
  // There is nobody left to tell; the exit code has to do.
  stderr.on('error', () => {});
  return ending.signal;
}

/**
 * Key by key, without waiting for Enter. Control-C arrives as a key then, and is made a signal again. The terminal is given
 * back as it was, also when the program ends while nobody presses a key.
 */
async function* readKeys(stdin: NodeJS.ReadStream, signal: AbortSignal): AsyncGenerator<string> {
  const giveBack = () => {
    stdin.setRawMode(false);
    stdin.unref();
  };
  signal.addEventListener('abort', giveBack, { once: true });
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    for await (const text of stdin) {
      for (const key of String(text)) {
        if (key === '\u0003') process.kill(process.pid, 'SIGINT');
        else yield key;
      }
    }
  } finally {
    giveBack();
  }
}
