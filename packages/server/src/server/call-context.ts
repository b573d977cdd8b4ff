import { describeValue, nearestName } from '@asyngular/errors/options';
import { InvalidActionError, type PublicError } from '@asyngular/protocol';
import type {
  BodyItem,
  ErrorsOf,
  FailArguments,
  NameIn,
  SectionOf,
  ServedCall,
} from '@asyngular/protocol/internal';
import { DeclaredError } from '../contract/declared-error.js';
import type { Session } from '../session/session.js';
import { type AGServerSocket, socketOf } from '../socket/server-socket.js';

/** What a registered handler gets besides the data. */
export interface HandlerContext<Api = any> {
  readonly socket: AGServerSocket<Api>;
  /**
   * Aborted when nobody waits for the work any more: the caller has withdrawn the call, its deadline has passed, or the
   * socket has closed before the answer. Calls made with it have the same deadline. Of a message it is aborted when
   * the socket closes.
   */
  readonly signal: AbortSignal;
}

/** What the handler of a procedure gets besides the data. */
export interface ProcedureContext<Api = any, Name = any> extends HandlerContext<Api> {
  /** What the caller sends along, to be read once; empty when it is nothing. Ends with the answer. */
  readonly body: AsyncIterable<BodyItem<SectionOf<Api, 'procedures'>, Name>>;
  /** When the caller stops waiting, in ms since the epoch; `undefined`: it did not say. */
  readonly deadline: number | undefined;
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

/** The context of one run of a handler: of a call, or of a message. */
export class CallContext implements ProcedureContext {
  readonly #session: Session;
  readonly #name: string;
  readonly #call: ServedCall | undefined;

  /** `name` of the procedure or receiver. */
  constructor(session: Session, name: string, call: ServedCall | undefined) {
    this.#session = session;
    this.#name = name;
    this.#call = call;
  }

  get socket(): AGServerSocket {
    return socketOf(this.#session);
  }

  get signal(): AbortSignal {
    return (this.#call ?? this.#session).signal;
  }

  get deadline(): number | undefined {
    return this.#call?.deadline;
  }

  get body(): AsyncIterable<any> {
    return this.#call?.body ?? nothing();
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

async function* nothing(): AsyncGenerator<never> {}
