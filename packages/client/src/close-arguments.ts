import { encodeReason, InvalidArgumentsError, isApplicationCloseCode } from '@asyngular/protocol';

/** A close as this side announces it and as it goes on the wire. */
interface CloseArguments {
  readonly code: number;
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
export function parseCloseArguments(given: unknown, reason: unknown): CloseArguments {
  const code: any = given || 1000;
  if (!Number.isInteger(code) || code < 1000 || code > 4999) {
    throw new InvalidArgumentsError(
      `If specified, the code argument must be a number from 1000 to 4999; it was ${JSON.stringify(code)}`,
    );
  }
  return {
    code,
    wireCode: isApplicationCloseCode(code) ? code : undefined,
    wireReason: encodeReason(reason),
  };
}
