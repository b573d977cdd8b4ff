import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { InvalidOptionsError } from '@asyngular/errors';
import type { InspectorVerdict } from './options.js';

/** Shorter passwords are guessed. */
const MIN_LENGTH = 12;

const challenge = { challenge: 'Basic realm="Asyngular inspector", charset="UTF-8"' };

/**
 * An `authorize` that has the browser ask for a user name and a password: `basicAuth({ admin: password })`. The password
 * travels with each request, so let TLS or the loopback interface stand between. Passwords have 12 characters or more;
 * throws `InvalidOptionsError` for others, which an environment variable that is not set is, too, and for names with a colon.
 */
export function basicAuth(
  users: Readonly<Record<string, string | undefined>>,
): (request: IncomingMessage) => InspectorVerdict {
  const known = Object.entries(users ?? {});
  if (known.length === 0) throw new InvalidOptionsError('basicAuth() was given no user');
  for (const [name, password] of known) {
    if (name.includes(':')) {
      throw new InvalidOptionsError(
        `The user ${name} of basicAuth() could never log in: their name ends at the colon (RFC 7617)`,
      );
    }
    if (typeof password === 'string' && password.length >= MIN_LENGTH) continue;
    throw new InvalidOptionsError(
      `The password of ${name} has ${password?.length ?? 'no'} characters; basicAuth() needs ${MIN_LENGTH} or more, such ` +
        'as the output of: openssl rand -base64 24',
    );
  }
  const allowed = new Map(known.map(([name, password]) => [name, digest(`${name}:${password}`)]));
  return ({ headers: { authorization = '' } }) => {
    const [scheme, encoded = ''] = authorization.split(' ', 2);
    if (scheme?.toLowerCase() !== 'basic') return challenge;
    const credentials = Buffer.from(encoded, 'base64').toString();
    const name = credentials.slice(0, credentials.indexOf(':'));
    // An unknown name takes as long as a wrong password.
    const expected = allowed.get(name) ?? digest('');
    const isRight = timingSafeEqual(expected, digest(credentials)) && allowed.has(name);
    return isRight ? { name } : challenge;
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
