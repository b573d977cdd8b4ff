/**
 * What an application's clients and server say to each other, declared once as an interface and
 * passed as a type parameter: `create<ChatApi>()`, `listen<ChatApi>()`. Every section is optional;
 * a section that is left out accepts any name with any payload, a declared one only its own names.
 *
 * ```ts
 * interface ChatApi {
 *   procedures: { login(data: { name: string }): { id: string } };
 *   receivers: { typing: { room: string } };
 *   clientProcedures: { confirm(question: string): boolean };
 *   clientReceivers: { notice: string };
 *   channels: { [room: `room:${string}`]: { text: string }; lobby: string };
 *   presence: { [room: `room:${string}`]: { status: 'online' | 'typing' } };
 *   authToken: { name: string };
 *   events: { idle: { sinceMs: number } };
 * }
 * ```
 *
 * An interface exists for the compiler only; nothing is checked at run time. `contract()` of `@asyngular/contract` makes
 * one that does, from schemas.
 */
export interface AppContract {
  /**
   * Procedures that the server offers and clients invoke: name → `(data) => result`. One whose result is an
   * `AsyncIterable` answers with a stream; a second parameter, an `AsyncIterable`, is the body that it takes.
   */
  procedures?: object;
  /** Messages that clients transmit and the server receives: name → payload. */
  receivers?: object;
  /** The same for those that the client offers and the server invokes. */
  clientProcedures?: object;
  /** Messages that the server transmits and clients receive: name → payload. */
  clientReceivers?: object;
  /** Channels, by name or template-literal pattern → published payload. */
  channels?: object;
  /** Channels with members, by name or template-literal pattern → what a member shows of itself. */
  presence?: object;
  /** What clients publish, by channel, where it differs from what arrives there; `never` where they do not. */
  publications?: object;
  /** What the server publishes, by channel, where it differs from what arrives there. */
  serverPublications?: object;
  /** The errors that procedures declare: name of the procedure → `{ NameOfTheError: its data }`. */
  errors?: object;
  /** Payload of the JSON Web Token that authenticates a client. */
  authToken?: object;
  /**
   * Events of your own on sockets, by name → what they carry: `socket.emit()` hands them to the listeners of the same
   * socket. Nothing is sent.
   */
  events?: object;
  /** What the server keeps with each socket, in `socket.data`. Only the server knows it. */
  socketData?: object;
}

/** `true` only for `any`. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/** One section of a contract; `any` when the contract does not declare it. */
export type SectionOf<Contract, Name extends keyof AppContract> =
  IsAny<Contract> extends true
    ? any
    : Contract extends { [Key in Name]: infer Section }
      ? Section
      : any;

/** The names a section allows: its keys and patterns, or any string without a contract. */
export type NameIn<Section> = IsAny<Section> extends true ? string : keyof Section & string;

/** Payload of `Name` in a section of messages or channels. */
export type PayloadIn<Section, Name> =
  IsAny<Section> extends true ? any : Name extends keyof Section ? Section[Name] : any;

/** Argument type of the procedure `Name`; `undefined` for a procedure without a parameter. */
export type CallData<Section, Name> =
  IsAny<Section> extends true
    ? any
    : PayloadIn<Section, Name> extends (...args: infer Args) => unknown
      ? Args['length'] extends 0
        ? undefined
        : Args[0]
      : any;

/** Result type of the procedure `Name`, without its promise. */
export type CallResult<Section, Name> =
  IsAny<Section> extends true
    ? any
    : PayloadIn<Section, Name> extends (...args: any[]) => infer Result
      ? Awaited<Result>
      : any;

/** The procedures of a section that answer once. */
export type OnceNameIn<Section> =
  IsAny<Section> extends true
    ? string
    : {
        [Name in keyof Section & string]: CallResult<Section, Name> extends AsyncIterable<unknown>
          ? never
          : Name;
      }[keyof Section & string];

/** Those that answer with a stream: their result is an `AsyncIterable`. */
export type StreamNameIn<Section> =
  IsAny<Section> extends true
    ? string
    : {
        [Name in keyof Section & string]: CallResult<Section, Name> extends AsyncIterable<unknown>
          ? Name
          : never;
      }[keyof Section & string];

/** What the stream of the procedure `Name` yields. */
export type StreamItem<Section, Name> =
  CallResult<Section, Name> extends AsyncIterable<infer Item> ? Item : any;

/** Items of the body that the procedure `Name` takes, its second parameter; `unknown` where none is declared. */
export type BodyItem<Section, Name> =
  PayloadIn<Section, Name> extends (data: any, body: AsyncIterable<infer Item>) => unknown
    ? IsAny<PayloadIn<Section, Name>> extends true
      ? any
      : Item
    : unknown;

/** Arguments after a name: the payload may be left out where `undefined` is a legal payload. */
export type PayloadArgs<Data, Options> = undefined extends Data
  ? [data?: Data, options?: Options]
  : [data: Data, options?: Options];

/** What an application signs as a token: its payload, and when it likes the times. */
export type TokenClaims<Contract> = Omit<AuthTokenOf<Contract>, 'iat' | 'exp'> & {
  iat?: number;
  exp?: number;
};

/** What `socket.data` holds. Nothing at first, so every member may be missing. */
export type SocketDataOf<Contract> =
  IsAny<SectionOf<Contract, 'socketData'>> extends true
    ? { [name: string]: any }
    : Partial<SectionOf<Contract, 'socketData'>>;

/** Events of the application's own. Unlike other sections it has nothing when the contract does not declare it. */
export type OwnEventsOf<Contract> =
  IsAny<SectionOf<Contract, 'events'>> extends true
    ? Record<never, never>
    : Extract<SectionOf<Contract, 'events'>, object>;

/** Payload of the auth token; a plain object with any members when the contract names none. */
export type AuthTokenOf<Contract> =
  IsAny<SectionOf<Contract, 'authToken'>> extends true
    ? { [claim: string]: any }
    : SectionOf<Contract, 'authToken'> & { iat?: number; exp?: number };

/** The errors that the procedure `Name` declares: their names → their data; `any` without a contract. */
export type ErrorsOf<Contract, Name> =
  IsAny<SectionOf<Contract, 'errors'>> extends true
    ? any
    : Name extends keyof SectionOf<Contract, 'errors'>
      ? SectionOf<Contract, 'errors'>[Name]
      : Record<never, never>;

/** What `fail()` is called with: data may be left out where `undefined` is data of the error. */
export type FailArguments<Errors, Name> =
  IsAny<Errors> extends true
    ? [data?: any]
    : Name extends keyof Errors
      ? undefined extends Errors[Name]
        ? [data?: Errors[Name]]
        : [data: Errors[Name]]
      : never;

/** An error that a procedure declares, as it reaches the caller. */
export interface DeclaredFailure<Name, Data> extends Error {
  readonly name: Name & string;
  readonly code: 'ERR_DECLARED';
  readonly data: Data;
}

/** The errors with which a call of the procedure `Name` fails that its contract declares. */
export type FailureOf<Contract, Name> =
  IsAny<ErrorsOf<Contract, Name>> extends true
    ? any
    : {
        [Failure in keyof ErrorsOf<Contract, Name>]: DeclaredFailure<
          Failure,
          ErrorsOf<Contract, Name>[Failure]
        >;
      }[keyof ErrorsOf<Contract, Name>];

/** The promise of a call. Its type knows the errors that the contract declares for the procedure; `safe()` reads it. */
export interface Call<Result, Failure = never> extends Promise<Result> {
  /** For the compiler only; never there. */
  readonly '~failure'?: Failure;
}
