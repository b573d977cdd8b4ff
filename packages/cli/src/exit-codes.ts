/** How the command ends: what scripts can tell apart. docs/cli.md has the same table. */
export const exitCodes = {
  /** Everything was done. Also when a command that runs until it is interrupted was. */
  done: 0,
  /** Something unexpected: a fault of the command, a file that cannot be read or written. */
  failed: 1,
  /** An argument, an option or a file that it names cannot work. Nothing was sent, but for lines before it of `pub -`. */
  usage: 2,
  /** There was no connection to the server, or it was lost. */
  noConnection: 3,
  /** The server refused: a call, a publication, a subscription or the token. */
  refused: 4,
  /** `check-token`: the token is malformed, expired, not valid yet, or the key does not fit. */
  badToken: 5,
  /** `bench`: a limit such as `--max-loss` was not kept. */
  limitMissed: 6,
  /** `bench`: the load generator itself was too busy, so that its figures say nothing. */
  saturated: 7,
  /** `doctor`: something is wrong on the way to the server. */
  faultFound: 8,
  /** Interrupted before it was done: 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
