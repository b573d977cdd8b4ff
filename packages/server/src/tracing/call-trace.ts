import { isAsyncIterable, type ServedCall, type TraceContext } from '@asyngular/protocol/internal';
import type { CallOutcome } from '../metrics/call-outcomes.js';
import { begin, callChannel, finish, runPlainly } from './channels.js';
import type { CallTrace } from './messages.js';

/** What has no error of its own. */
const goodOutcomes: ReadonlySet<CallOutcome> = new Set(['ok', 'cancelled']);

/** A call of a client has come to the application. To be called only when somebody traces calls. */
export function beginCall(
  call: ServedCall,
  details: {
    readonly server: object;
    readonly socket: object;
    readonly isDeclared: boolean;
    readonly context: TraceContext | undefined;
  },
): void {
  const { procedure, isStream } = call;
  const message = { procedure, isStream, ...details, run: runPlainly, outcome: undefined };
  call.trace = begin(callChannel, message as CallTrace);
}

/** What became of it. */
export function endCall(call: ServedCall, outcome: CallOutcome, error?: unknown): void {
  const message = call.trace as CallTrace | undefined;
  if (message === undefined) return;
  call.trace = undefined;
  message.outcome = outcome;
  if (goodOutcomes.has(outcome)) finish(callChannel, message);
  else finish(callChannel, message, error ?? new Error(outcome));
}

/** Runs the handler of a call in the contexts of those who trace it, and each step of the stream that it returns. */
export function runCall(call: ServedCall | undefined, work: () => unknown): unknown {
  const message = call?.trace as CallTrace | undefined;
  if (message === undefined) return work();
  const { run } = message;
  const result = run(work);
  return result instanceof Promise
    ? result.then((value) => inContext(value, run))
    : inContext(result, run);
}

/** A generator runs in the context of the code that asks for its next value. */
function inContext(result: unknown, run: CallTrace['run']): unknown {
  if (!isAsyncIterable(result)) return result;
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = run(() => result[Symbol.asyncIterator]());
      return {
        next: () => run(() => iterator.next()),
        ...(iterator.return && {
          return: (value?: unknown) => run(() => iterator.return!(value)),
        }),
      };
    },
  };
}
