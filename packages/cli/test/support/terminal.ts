import { until } from '@asyngular/test-utils/wait';
import { type ExitCode, run, type Terminal } from '../../src/index.js';

/** A terminal that keeps what is written to it. */
export class FakeTerminal implements Terminal {
  output = '';
  errors = '';
  input: AsyncIterable<string> = lines();
  keys: AsyncIterable<string> | undefined;
  isInteractive = false;
  showsProgress = false;
  size = { columns: 100, rows: 30 };
  env: Record<string, string | undefined> = {};
  readonly #ending = new AbortController();

  readonly write = (text: string): void => {
    this.output += text;
  };
  readonly writeError = (text: string): void => {
    this.errors += text;
  };

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** As Control-C does. */
  interrupt(): void {
    this.#ending.abort();
  }

  /** Runs the command on this terminal. */
  run(...args: string[]): Promise<ExitCode> {
    return run(args, this);
  }

  /** Lines of the output so far. */
  get lines(): string[] {
    return this.output.split('\n').filter((line) => line !== '');
  }

  async printed(text: string): Promise<void> {
    await until(
      `the command to print '${text}'`,
      () => this.output.includes(text),
      () => ({ output: this.output, errors: this.errors }),
    );
  }
}

/** Standard input of these lines. */
export async function* lines(...texts: string[]): AsyncGenerator<string> {
  for (const text of texts) yield `${text}\n`;
}
