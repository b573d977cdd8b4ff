import { styleText } from 'node:util';

/** The styles of a line of text; what they look like is the terminal's affair. */
export type Style = Parameters<typeof styleText>[0];

/** Where a command runs: its streams, its environment, and the wish to end it. Tests bring their own. */
export interface Terminal {
  /** Writes to standard output, which carries results only. */
  write(text: string): void;
  /** Writes to standard error: progress, warnings, errors. */
  writeError(text: string): void;
  /** Standard input, as text. Reading it fails when `signal` is aborted. */
  readonly input: AsyncIterable<string | Uint8Array>;
  /** Keys that are pressed, one at a time; only on a terminal. */
  readonly keys?: AsyncIterable<string> | undefined;
  /** Whether standard output is a terminal rather than a file or a pipe. */
  readonly isInteractive: boolean;
  /** Whether standard error is one, so that a line of progress can be written over. */
  readonly showsProgress: boolean;
  /** Size in characters. Read again for each picture, because windows change. */
  readonly size: { readonly columns: number; readonly rows: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by SIGINT, SIGTERM, or when nobody reads the output any more. */
  readonly signal: AbortSignal;
}

/** Whether colours help: on a terminal, unless NO_COLOR is set to anything (https://no-color.org). */
function usesColor({ isInteractive, env }: Terminal): boolean {
  return isInteractive && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** Text with a style where colours help, else the text alone. */
export function styled(terminal: Terminal, style: Style, text: string): string {
  if (!usesColor(terminal)) return text;
  // The decision has been taken above: Node's own looks at the streams of the process, not at these.
  return styleText(style, text, { validateStream: false });
}

/** Writes a line of the result. */
export function print(terminal: Terminal, line: string): void {
  terminal.write(`${line}\n`);
}

/** Writes a line beside the result. */
export function note(terminal: Terminal, line: string): void {
  terminal.writeError(`${line}\n`);
}
