import { describeValue, nearestName } from '@asyngular/errors/options';
import { InvalidActionError, type PublicError } from '@asyngular/protocol';
import type { ErrorsOf, FailArguments, NameIn } from '@asyngular/protocol/internal';
import { DeclaredError } from '../contract/declared-error.js';
import type { Session } from '../session/session.js';
import { type AGServerSocket, socketOf } from '../socket/server-socket.js';

/** What a registered handler gets besides the data. */
export interface HandlerContext<Api = any> {
  readonly socket: AGServerSocket<Api>;
  /** Aborted when the socket closes, so that work nobody waits for any more can stop. */
  readonly signal: AbortSignal;
}

/** What the handler of a procedure gets besides the data. */
export interface ProcedureContext<Api = any, Name = any> extends HandlerContext<Api> {
  /**
   * Makes an error that the contract declares for the procedure, to be thrown: `throw fail('NameTaken', { suggestion })`.
   * It reaches the caller with its name and data. Throws `InvalidActionError` for a name that a contract of schemas does
   * not declare there; data that do not fit their schema fail the call with an `InternalServerError`.
   */
  readonly fail: <Failure extends NameIn<ErrorsOf<Api, Name>>>(
    name: Failure,
    ...data: FailArguments<ErrorsOf<Api, Name>, Failure>
  ) => PublicError;
}

/** The context of one run of a handler. */
export class CallContext implements ProcedureContext {
  readonly #session: Session;
  readonly #name: string;

  /** `name` of the procedure or receiver. */
  constructor(session: Session, name: string) {
    this.#session = session;
    this.#name = name;
  }

  get socket(): AGServerSocket {
    return socketOf(this.#session);
  }

  get signal(): AbortSignal {
    return this.#session.signal;
  }

  // A getter, because handlers take it out of the context: `({ name }, { fail }) => …`.
  get fail(): ProcedureContext['fail'] {
    return (name, data) => {
      const declared = this.#session.core.contract?.procedure(this.#name)?.errors;
      if (declared !== undefined && !declared.has(name)) {
        throw undeclared(this.#name, name, [...declared.keys()]);
      }
      return new DeclaredError(name, data);
    };
  }
}

function undeclared(procedure: string, error: string, declared: string[]): InvalidActionError {
  const meant = nearestName(error, declared);
  const advice =
    meant === undefined ? '; add it to errors there' : `; did you mean ${describeValue(meant)}?`;
  return new InvalidActionError(
    `The contract declares no error ${describeValue(error)} for ${procedure}${advice}`,
  );
}
