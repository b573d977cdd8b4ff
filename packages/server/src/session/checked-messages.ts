import type { PayloadCheck } from '@asyngular/protocol/internal';
import { inTurn } from '../contract/check-line.js';
import { DeclaredError } from '../contract/declared-error.js';
import type { ServerContract } from '../contract/server-contract.js';
import { failCall, failInternally } from '../inbound/failed-call.js';
import type { SessionMessages } from './session-messages.js';

// What a server with a contract says to its clients. Payloads are checked before they are encoded, and leave in the order
// in which they were given; data that do not fit are the server's own fault, and are never sent.

/** Sends a one-way message of the application. Never throws: data that do not fit are an `error` of the socket. */
export function transmitChecked(
  session: SessionMessages,
  contract: ServerContract,
  receiver: string,
  data: unknown,
): void {
  checkAndSend(session, {
    find: () => contract.clientReceiver(receiver),
    data,
    send: (checked) => session.transmit(receiver, checked),
    fail: (error) => session.emitError(error, { receiver }),
  });
}

/** Calls the client, and checks its answer. Rejects with a `ValidationError` of either, and else as `invoke()` does. */
export async function invokeChecked(
  session: SessionMessages,
  contract: ServerContract,
  { procedure, data, timeoutMs }: { procedure: string; data: unknown; timeoutMs: number },
): Promise<unknown> {
  const checks = contract.clientProcedure(procedure);
  if (checks === undefined) return session.invoke(procedure, data, timeoutMs);
  const answer = await inTurn(session, checks.data(data), (checked) =>
    session.invoke(procedure, checked, timeoutMs),
  );
  return checks.result(answer);
}

/** A call of the client, with what its handler has returned or thrown. */
interface Answer {
  readonly id: number;
  readonly procedure: string;
  readonly outcome: unknown;
}

/** Answers a call of the client. */
export function answerChecked(
  session: SessionMessages,
  contract: ServerContract,
  { id, procedure, outcome }: Answer,
): void {
  checkAndSend(session, {
    find: () => contract.procedure(procedure)?.result,
    data: outcome,
    send: (checked) => {
      if (!session.isClosed) session.respond(id, checked);
    },
    fail: (error) => failInternally(session, id, { procedure }, error),
  });
}

/** Fails a call of the client. */
export function failChecked(
  session: SessionMessages,
  contract: ServerContract,
  { id, procedure, outcome }: Answer,
): void {
  if (!(outcome instanceof DeclaredError)) {
    failCall(session, id, procedure, outcome);
    return;
  }
  const { name, data } = outcome;
  checkAndSend(session, {
    find: () => contract.procedure(procedure)?.errors.get(name),
    data,
    send: (checked) => {
      if (!session.isClosed) session.respondError(id, new DeclaredError(name, checked));
    },
    fail: (error) => failInternally(session, id, { procedure }, error),
  });
}

interface Outgoing {
  /** Throws for a name that the contract does not have. */
  find(): PayloadCheck | undefined;
  readonly data: unknown;
  send(checked: unknown): void;
  fail(error: unknown): void;
}

function checkAndSend(session: SessionMessages, { find, data, send, fail }: Outgoing): void {
  try {
    const check = find();
    const sent = inTurn(session, check === undefined ? data : check(data), send);
    if (sent instanceof Promise) sent.catch(fail);
  } catch (error) {
    fail(error);
  }
}
