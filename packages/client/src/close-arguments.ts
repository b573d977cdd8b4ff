import { encodeReason, InvalidArgumentsError, isApplicationCloseCode } from '@asyngular/protocol';

/** A close as this side announces it and as it goes on the wire. */
export interface CloseArguments {
  readonly code: number;
  readonly reason: unknown;
  /** Undefined for codes that applications may not put into a close frame (RFC 6455 section 7.4). */
  readonly wireCode: number | undefined;
  readonly wireReason: string;
}

/**
 * Checks the arguments of `disconnect(code, reason)` before anything changes. 1000 and 3000–4999
 * travel; the other codes from 1000 end the connection here, with a close frame without code.
 * Objects travel as JSON, long reasons are cut at 123 bytes.
 * @throws InvalidArgumentsError for anything that is no close code
 */
export function parseCloseArguments(code: unknown, reason: unknown): CloseArguments {
  const number = code || 1000;
  if (typeof number !== 'number') {
    throw new InvalidArgumentsError(
      `If specified, the code argument must be a number; it was ${JSON.stringify(code)}`,
    );
  }
  if (!Number.isInteger(number) || number < 1000 || number > 4999) {
    throw new InvalidArgumentsError(
      `The code argument must be a WebSocket close code from 1000 to 4999; it was ${number}`,
    );
  }
  const isSendable = isApplicationCloseCode(number);
  return {
    code: number,
    reason,
    wireCode: isSendable ? number : undefined,
    wireReason: isSendable ? encodeReason(reason) : '',
  };
}
