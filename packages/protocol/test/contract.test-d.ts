import type {
  AuthTokenOf,
  CallData,
  CallResult,
  NameIn,
  PayloadArgs,
  PayloadIn,
  SectionOf,
} from '../src/contract.js';
import type { BadConnectionError } from '../src/index.js';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(_value?: T): void => undefined;

interface Api {
  procedures: {
    login(data: { name: string }): { id: string };
    now(): Promise<number>;
    maybe(data?: string): void;
  };
  receivers: { typing: { room: string } };
  channels: { [room: `room:${string}`]: { text: string }; lobby: string };
  authToken: { name: string };
}
type Procedures = SectionOf<Api, 'procedures'>;
type Channels = SectionOf<Api, 'channels'>;

yes<Equal<NameIn<Procedures>, 'login' | 'now' | 'maybe'>>();
yes<Equal<CallData<Procedures, 'login'>, { name: string }>>();
yes<Equal<CallResult<Procedures, 'login'>, { id: string }>>();
yes<Equal<CallResult<Procedures, 'now'>, number>>();
yes<Equal<CallData<Procedures, 'now'>, undefined>>();
yes<Equal<CallData<Procedures, 'maybe'>, string | undefined>>();
yes<Equal<PayloadIn<Channels, 'room:42'>, { text: string }>>();
yes<Equal<PayloadIn<Channels, 'lobby'>, string>>();
yes<Equal<NameIn<Channels>, `room:${string}` | 'lobby'>>();
yes<Equal<AuthTokenOf<Api>, { name: string } & { iat?: number; exp?: number }>>();

// A section that the contract does not declare stays open.
yes<Equal<NameIn<SectionOf<Api, 'clientReceivers'>>, string>>();
yes<Equal<PayloadIn<SectionOf<Api, 'clientReceivers'>, 'x'>, any>>();

// Without a contract everything is usable.
yes<Equal<NameIn<SectionOf<any, 'procedures'>>, string>>();
yes<Equal<CallData<SectionOf<any, 'procedures'>, 'x'>, any>>();
yes<Equal<CallResult<SectionOf<any, 'procedures'>, 'x'>, any>>();
yes<Equal<AuthTokenOf<any>, { [claim: string]: any }>>();

declare function call(...args: PayloadArgs<{ name: string }, { ackTimeout?: number }>): void;
call({ name: 'a' });
call({ name: 'a' }, { ackTimeout: 1 });
// @ts-expect-error a payload that may not be undefined is required
call();
declare function callAny(...args: PayloadArgs<any, { ackTimeout?: number }>): void;
callAny();
callAny(1, { ackTimeout: 1 });

// The JSON of a close reason may hold anything.
yes<Equal<BadConnectionError['reason'], unknown>>();
