import { closeCodes, ResourceLimitError } from '@asyngular/protocol';
import { LIMITS_EXTENSION } from '@asyngular/protocol/internal';
import { development } from '#development';
import type { Link } from './link.js';

/** Ends the errors about messages that are too large. */
export const smallerAdvice =
  development && "; send less at a time, or raise the server's maxPayload option";

/**
 * Why the server has closed the connection, if the code is that of a message which was too large. It has announced its
 * limit, or it is another implementation, whose limit is unknown.
 */
export function causeOfClose(
  code: number,
  { extensions, limits }: Pick<Link, 'extensions' | 'limits'>,
): ResourceLimitError | undefined {
  if (code !== closeCodes.messageTooBig) {
    return undefined;
  }
  const limit = extensions.has(LIMITS_EXTENSION) ? `${limits.maxPayload} bytes` : 'fewer bytes';
  return new ResourceLimitError(
    development ? `the server takes ${limit} in a message${smallerAdvice}` : 'maxPayload',
  );
}
