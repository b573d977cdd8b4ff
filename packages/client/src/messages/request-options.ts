import { anything, assertOptions, check, flag, number, type OptionTable } from '#development';

/** Options of `transmit`. */
export interface TransmitOptions {
  /**
   * Give up after this many ms if the message is still unsent, with a `transmitDropped` event. Default: wait
   * for the next connection.
   */
  ackTimeout?: number | null | undefined;
}

/** Options of `invoke`. */
export interface InvokeOptions {
  /**
   * Reject with `TimeoutError` after this many ms, counted from the call. Default: the socket's; null and
   * `Infinity` mean no limit.
   */
  ackTimeout?: number | null | undefined;
  /**
   * Wait for a connection as long as `ackTimeout` allows, over attempts that fail. Default: the socket's
   * `waitForConnection`. What is sent already fails with its connection in any case.
   */
  wait?: boolean | undefined;
  /** Aborting rejects with the signal's reason; what the server already does goes on. */
  signal?: AbortSignal | undefined;
}

/** Options of published clients' transports that reach no wire; accepted without an effect. */
interface IgnoredOptions {
  force?: unknown;
  noTimeout?: unknown;
}

const transmitTable: OptionTable<TransmitOptions & IgnoredOptions> = {
  ackTimeout: number('milliseconds'),
  force: anything(),
  noTimeout: anything(),
};

const invokeTable: OptionTable<InvokeOptions & IgnoredOptions> = {
  ...transmitTable,
  wait: flag(),
  signal: check('an AbortSignal', isAbortSignal),
};

/** @throws InvalidArgumentsError for an unknown name or a value that cannot work */
export function assertTransmitOptions(options: TransmitOptions | undefined): void {
  assertOptions(transmitTable, options, 'transmit()');
}

/** @throws InvalidArgumentsError for an unknown name or a value that cannot work */
export function assertInvokeOptions(options: InvokeOptions | undefined): void {
  assertOptions(invokeTable, options, 'invoke()');
}

/** By its shape, because there are several classes of that name: of frames, of test environments. */
function isAbortSignal(value: unknown): boolean {
  return typeof Object(value).addEventListener === 'function' && 'aborted' in Object(value);
}
