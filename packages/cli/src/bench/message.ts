/** What each message carries. Short names, because they are part of the size that was asked for. */
export interface BenchMessage {
  /** The run. */
  readonly r: string;
  /** The line, or the number of the caller. */
  readonly l: number;
  /** The number on the line. */
  readonly n: number;
  /** When it was due, by the clock that all processes share, in ms. */
  readonly t: number;
}

/** Writes messages of about so many bytes; what is missing is filled up. */
export function messageWriter(
  run: string,
  bytes: number,
): (line: number, number: number, time: number) => string {
  const head = `{"r":${JSON.stringify(run)},"l":`;
  // The numbers have other lengths in each message; these are typical ones.
  const shell = `${head}10,"n":1000,"t":1000000.123,"x":""}`;
  const filler = `,"x":"${'x'.repeat(Math.max(0, bytes - shell.length))}"}`;
  return (line, number, time) => `${head}${line},"n":${number},"t":${time.toFixed(3)}${filler}`;
}

/** Whether data are a message of this run. */
export function isMessageOf(run: string, data: unknown): data is BenchMessage {
  const { r, l, n, t } = Object(data);
  return r === run && typeof l === 'number' && typeof n === 'number' && typeof t === 'number';
}
