import { readTokenPayload } from './token-payload.js';

/** What the server thinks of the client, and the token that made it think so. */
export type Credentials =
  | {
      readonly authState: 'unauthenticated';
      readonly signedAuthToken: null;
      readonly authToken: null;
    }
  | {
      readonly authState: 'authenticated';
      readonly signedAuthToken: string;
      /** The token's payload, or its second segment as text if that is no JSON, or null without one. */
      readonly authToken: unknown;
    };

/** Those of a client whose token the server accepted; with null, of one without a token. */
export function credentialsOf(token: string | null): Credentials {
  return token === null
    ? { authState: 'unauthenticated', signedAuthToken: null, authToken: null }
    : { authState: 'authenticated', signedAuthToken: token, authToken: readTokenPayload(token) };
}
