import type { IncomingMessage } from 'node:http';
import { RefusedError } from '../refused-error.js';

/** Bytes of a request to do something; publications are most of them. */
const MAX_BYTES = 262_144;

/** The JSON of a request. Throws `RefusedError` for anything else, and for too much of it. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type']?.split(';', 1)[0];
  if (type !== 'application/json') {
    throw new RefusedError(415, `The body is ${type ?? 'of no type'}; it must be application/json`);
  }
  const chunks: Buffer[] = [];
  // Said before anything is read, so that the answer arrives.
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) throw tooLong();
  let length = 0;
  try {
    for await (const chunk of request) {
      length += (chunk as Buffer).length;
      if (length > MAX_BYTES) throw tooLong();
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    throw new RefusedError(400, 'The body has not arrived as a whole');
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new RefusedError(400, 'The body is not JSON');
  }
}

function tooLong(): RefusedError {
  return new RefusedError(413, `The body has more than ${MAX_BYTES.toLocaleString('en')} bytes`);
}
