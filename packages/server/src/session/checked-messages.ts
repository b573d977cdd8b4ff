import type { PayloadCheck } from '@asyngular/protocol/internal';
import { checkItems } from '../contract/check-items.js';
import { inTurn, type Refusal } from '../contract/check-line.js';
import { DeclaredError } from '../contract/declared-error.js';
import type { ServerContract } from '../contract/server-contract.js';
import { failCall, failInternally } from '../inbound/failed-call.js';
import type { OwnCallOptions, OwnStreamOptions } from './own-calls.js';
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
  { procedure, data, timeoutMs, options }: OwnCall<OwnCallOptions>,
): Promise<unknown> {
  const checks = contract.clientProcedure(procedure);
  if (checks === undefined) return session.invoke(procedure, data, timeoutMs, options);
  const answer = await inTurn(session, checks.data(data), (checked) =>
    session.invoke(procedure, checked, timeoutMs, options),
  );
  return checks.result(answer);
}

/** Reads a stream of the client, and checks its items. Ends with a `ValidationError`, and else as `stream()` does. */
export async function* streamChecked(
  session: SessionMessages,
  contract: ServerContract,
  { procedure, data, timeoutMs, options }: OwnCall<OwnStreamOptions>,
): AsyncGenerator<unknown, unknown> {
  const checks = contract.clientProcedure(procedure);
  const checked = await inTurn(session, checks === undefined ? data : checks.data(data), same);
  const stream = session.stream(procedure, checked, timeoutMs, options);
  return yield* checks === undefined ? stream : checkItems(stream, checks);
}

/** The stream with which a procedure answers. Data that do not fit are the server's own fault, and end it. */
export function answersChecked(
  contract: ServerContract,
  procedure: string,
  stream: AsyncIterable<unknown>,
): AsyncIterable<unknown> {
  const checks = contract.procedure(procedure);
  if (checks === undefined) return stream;
  if (checks.item === undefined) {
    throw new TypeError(
      `The handler of ${procedure} answers with a stream, and the contract has no yields for it`,
    );
  }
  return checkItems(stream, { item: blaming(checks.item), result: blaming(checks.result) });
}

/** A call of the server, for the contract to check. */
interface OwnCall<Options> {
  readonly procedure: string;
  readonly data: unknown;
  readonly timeoutMs: number;
  readonly options: Options;
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
): Refusal | Promise<Refusal> {
  return checkAndSend(session, {
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
): Refusal | Promise<Refusal> {
  if (!(outcome instanceof DeclaredError)) {
    failCall(session, id, procedure, outcome);
    return undefined;
  }
  const { name, data } = outcome;
  return checkAndSend(session, {
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

function checkAndSend(
  session: SessionMessages,
  { find, data, send, fail }: Outgoing,
): Refusal | Promise<Refusal> {
  const refuse = (error: unknown): Refusal => {
    fail(error);
    return { error };
  };
  try {
    const check = find();
    const sent = inTurn(session, check === undefined ? data : check(data), send);
    return sent instanceof Promise ? sent.then(() => undefined, refuse) : undefined;
  } catch (error) {
    return refuse(error);
  }
}

/** A check whose error is not made to be sent. */
function blaming(check: PayloadCheck | undefined): PayloadCheck | undefined {
  return (
    check &&
    (async (data) => {
      try {
        return await check(data);
      } catch (cause) {
        throw new Error(cause instanceof Error ? cause.message : String(cause), { cause });
      }
    })
  );
}

function same<T>(data: T): T {
  return data;
}
