/** How a process ended. */
export interface ProcessEnd {
  /** What it exited with; `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What is known of the life of a worker that has ended. */
export interface EndedWorker extends ProcessEnd {
  /** Whether its servers ever took clients. */
  readonly wasReady: boolean;
  /** Why the primary ended it; `undefined` when it did not. */
  readonly endedBecause: string | undefined;
  /** The last error that nobody caught. */
  readonly thrown: string | undefined;
}

const bySignal: ReadonlyMap<string, string> = new Map([
  ['SIGKILL', 'it was killed (SIGKILL), by somebody or because the machine had no memory left'],
  ['SIGABRT', 'Node gave up (SIGABRT), mostly because its heap was full; see --max-old-space-size'],
  ['SIGSEGV', 'it crashed (SIGSEGV) in native code, of Node or of an addon'],
]);

/** Exit codes of Node that say more than that something failed. */
const byCode: ReadonlyMap<number, string> = new Map([
  [13, 'a top-level await of the file was never settled (exit code 13)'],
]);

/** Why a worker ended and what to do about it, to follow "because". */
export function endReason({ code, signal, wasReady, endedBecause, thrown }: EndedWorker): string {
  if (endedBecause !== undefined) return endedBecause;
  if (thrown !== undefined && code !== 0) return `it threw ${thrown}`;
  if (signal !== null) return bySignal.get(signal) ?? `it was ended by ${signal}`;
  if (code === 0 && !wasReady) {
    return 'its file came to an end without a server that listens; call listen() or attach() of @asyngular/server in it';
  }
  return byCode.get(code ?? 0) ?? `it exited with code ${code}`;
}
