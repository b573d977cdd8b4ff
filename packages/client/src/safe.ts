import type { AnyAsyngularError, Call } from '@asyngular/protocol';

/** An error that is neither declared by the contract nor one of this library. */
export interface PlainError extends Error {
  readonly name: 'Error';
}

/** What has become of a call: an error or a result. */
export type SafeResult<Result, Failure> =
  | { readonly error: null; readonly data: Result }
  | { readonly error: Failure | AnyAsyngularError | PlainError; readonly data: undefined };

/**
 * Waits for a call without throwing: the error is in the result, typed by what the contract declares for the procedure.
 * Compare `error.name` with the name of an error to get at its `data`. Takes any promise. Never rejects.
 */
export async function safe<Result, Failure = never>(
  call: Call<Result, Failure>,
): Promise<SafeResult<Result, Failure>> {
  try {
    return { error: null, data: await call };
  } catch (error) {
    // Servers may send anything as an error, and null would look like success.
    return {
      error: (error instanceof Error ? error : Error(String(error))) as PlainError,
      data: undefined,
    };
  }
}
