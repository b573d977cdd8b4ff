/** Stands for every way in which a connection can fail for want of a network or of an answer. */
const UNREACHABLE = 'unreachable';
/** Different causes reported per outage. */
const MAX_CAUSES = 8;

const NETWORK_CODE = /^E[A-Z_]+$/;
const NETWORK_NAMES = new Set([
  'ConnectionLostError',
  'NoAnswerError',
  // Of NATS clients.
  'ConnectionError',
  'TimeoutError',
]);

function isNetworkFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && NETWORK_CODE.test(code) && !code.startsWith('ERR_')) return true;
  return NETWORK_NAMES.has(error.name) || isNetworkFailure(error.cause);
}

/**
 * Decides which failures of an outage are news. A broker that is away fails several attempts a second;
 * one report says so, and one more each other cause, such as a password that is wrong now.
 */
export class OutageReports {
  readonly #causes = new Set<string>();

  /** The loss of the connection has been reported. */
  begin(): void {
    this.#causes.add(UNREACHABLE);
  }

  /** The connection is back: the next failure belongs to another outage. */
  end(): void {
    this.#causes.clear();
  }

  isNews(error: Error): boolean {
    const cause = isNetworkFailure(error) ? UNREACHABLE : error.message;
    if (this.#causes.has(cause) || this.#causes.size >= MAX_CAUSES) return false;
    this.#causes.add(cause);
    return true;
  }
}
