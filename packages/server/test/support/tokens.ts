import { createSigner } from 'fast-jwt';

/** A token signed with the key of `startServer()`. */
export function sign(payload: object, options: object = {}): string {
  return createSigner({ key: 'test key', algorithm: 'HS256', ...options })(payload);
}

/** The decoded header (0) or payload (1) of a token. */
export function partOf(token: string, index: 0 | 1): any {
  return JSON.parse(Buffer.from(token.split('.')[index]!, 'base64url').toString());
}
