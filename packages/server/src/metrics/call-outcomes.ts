/**
 * What became of a call of a client:
 * - `ok`: answered with a result, or with a stream that has ended.
 * - `error`: failed with an error that was made to be sent.
 * - `internal`: failed with any other error, or with a result that the contract does not allow.
 * - `cancelled`: withdrawn by its caller, or its connection was lost, before it was answered.
 * - `unhandled`: nobody handles the procedure.
 * - `refused`: it never reached the application: middleware, the contract or a limit kept it away.
 */
export const callOutcomes = [
  'ok',
  'error',
  'internal',
  'cancelled',
  'unhandled',
  'refused',
] as const;

export type CallOutcome = (typeof callOutcomes)[number];

/**
 * What became of a call of the server:
 * - `ok`: the client has answered with a result, or its stream has ended.
 * - `error`: the client has answered with an error.
 * - `timeout`: there was no answer in time.
 * - `cancelled`: it was withdrawn, could not be sent, or the connection was lost, before it was answered.
 */
export const outgoingOutcomes = ['ok', 'error', 'timeout', 'cancelled'] as const;

export type OutgoingOutcome = (typeof outgoingOutcomes)[number];
