import { ConnectionError } from '@asyngular/protocol';
import { development } from '#development';

/** An attempt that failed, as far as the platform tells: browsers keep the cause from scripts. */
export interface FailedAttempt {
  /** Where to, without the query. */
  readonly url: string;
  /** In the platform's words. */
  readonly message: unknown;
  /** `ECONNREFUSED` and the like. */
  readonly code: unknown;
  /** Of an HTTP answer that was no upgrade. */
  readonly status: number | undefined;
}

/** The error that says why no WebSocket opened at `uri`; `cause` is what the platform says, if anything. */
export function connectionFailure(uri: string, cause: unknown): ConnectionError {
  const [url = uri] = uri.split('?');
  const { message = cause, code, status } = Object(cause) as Partial<FailedAttempt>;
  return new ConnectionError(
    development
      ? `Could not connect to ${url}${development.describeFailure({ url, message, code, status })}`
      : url,
    url,
    status,
    { cause },
  );
}
