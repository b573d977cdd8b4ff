import { randomBytes } from 'node:crypto';
import { AsyngularError, InternalServerError } from '@asyngular/protocol';
import { responseError } from '@asyngular/protocol/internal';
import type { InboundSession } from './inbound-session.js';

/** See the option `exposeErrors`. */
export type ExposeErrors = boolean | ((error: unknown) => unknown);

/** 6 random bytes make 8 URL-safe characters: enough to find one warning among those of a day. */
const ERROR_ID_BYTES = 6;

/**
 * User code failed a call. The caller gets errors that were made to be sent as they are, which need no
 * warning. Any other error may hold paths, queries or secrets: it is the socket's `error` and the server's
 * `warning`, and the caller gets an `InternalServerError` with the warning's id, unless `exposeErrors` says
 * otherwise.
 */
export function failCall(
  session: InboundSession,
  id: number,
  procedure: string,
  error: unknown,
): void {
  if (error instanceof AsyngularError) {
    if (!session.isClosed) session.respondError(id, error);
    return;
  }
  const errorId = randomBytes(ERROR_ID_BYTES).toString('base64url');
  if (!(session.isClosed && isAbort(error))) {
    session.emitError(responseError(error), { procedure, errorId });
  }
  if (!session.isClosed) session.respondError(id, answerTo(session, procedure, error, errorId));
}

function answerTo(
  session: InboundSession,
  procedure: string,
  error: unknown,
  errorId: string,
): unknown {
  const { exposeErrors } = session.core.options;
  if (exposeErrors === true) return responseError(error);
  if (exposeErrors !== false) {
    try {
      return responseError(exposeErrors(error));
    } catch (failure) {
      session.emitError(failure, { procedure });
    }
  }
  return new InternalServerError(
    `The procedure "${procedure}" failed; the server's log has the error under the id ${errorId}`,
    errorId,
  );
}

/** What `signal.throwIfAborted()` and its like throw when the client has gone: nobody's fault. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
