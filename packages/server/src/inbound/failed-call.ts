import { randomBytes } from 'node:crypto';
import { AsyngularError, InternalServerError } from '@asyngular/protocol';
import { responseError } from '@asyngular/protocol/internal';
import type { WarningDetails } from '../events/warning-details.js';
import { atOnce } from '../turns/at-once.js';

/** See the option `exposeErrors`. */
export type ExposeErrors = boolean | ((error: unknown) => unknown);

/** 6 random bytes make 8 URL-safe characters: enough to find one warning among those of a day. */
const ERROR_ID_BYTES = 6;

/** What has failed: a call of a procedure, or a publication on a channel. */
type Failed = Pick<WarningDetails, 'channel' | 'procedure'>;

/** The session whose client gets the error. */
export interface FailingSession {
  readonly core: { readonly options: { readonly exposeErrors: ExposeErrors } };
  readonly isClosed: boolean;
  emitError(error: unknown, about?: WarningDetails): void;
  respondError(id: number, error: unknown): void;
}

/**
 * User code failed a call. The caller gets errors that were made to be sent as they are, which need no
 * warning; any other error is an internal one.
 */
export function failCall(
  session: FailingSession,
  id: number,
  procedure: string,
  error: unknown,
): void {
  if (!(error instanceof AsyngularError)) failInternally(session, id, { procedure }, error);
  else if (!session.isClosed) session.respondError(id, error);
}

/**
 * An error that was not made to be sent may hold paths, queries or secrets: it is the socket's `error` and the server's
 * `warning`, and the caller gets an `InternalServerError` with the warning's id, unless `exposeErrors` says otherwise.
 */
export function failInternally(
  session: FailingSession,
  id: number,
  failed: Failed,
  error: unknown,
): void {
  if (session.isClosed && isAbort(error)) return;
  const what =
    failed.procedure === undefined
      ? `The publication on the channel "${failed.channel}"`
      : `The procedure "${failed.procedure}"`;
  const answer = internalFailure(session, what, failed, error);
  if (!session.isClosed) session.respondError(id, answer);
}

/** The error that a client gets for one of user code where the answer is not that to a call; `what` has failed. */
export function answerToFailure(
  session: FailingSession,
  what: string,
  about: Failed,
  error: unknown,
): unknown {
  return error instanceof AsyngularError ? error : internalFailure(session, what, about, error);
}

function internalFailure(
  session: FailingSession,
  what: string,
  about: Failed,
  error: unknown,
): unknown {
  const errorId = randomBytes(ERROR_ID_BYTES).toString('base64url');
  session.emitError(responseError(error), { ...about, errorId });
  const { exposeErrors } = session.core.options;
  if (exposeErrors === true) return responseError(error);
  if (exposeErrors !== false) {
    try {
      return responseError(atOnce(exposeErrors(error), 'The exposeErrors option'));
    } catch (failure) {
      session.emitError(failure, about);
    }
  }
  return new InternalServerError(
    `${what} failed; the server's log has the error under the id ${errorId}`,
    errorId,
  );
}

/**
 * What was thrown, in a form that can be asked for its class. A proxy that was revoked cannot, as libraries of state leave
 * some behind: it would throw again wherever it is handled.
 */
export function classifiable(thrown: unknown): unknown {
  try {
    Object.getPrototypeOf(Object(thrown));
    return thrown;
  } catch {
    return new Error('A proxy was thrown that cannot be read; throw an Error in its place');
  }
}

/** What `signal.throwIfAborted()` and its like throw when nobody waits any more: nobody's fault. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
