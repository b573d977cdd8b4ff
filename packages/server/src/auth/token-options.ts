import {
  anyOf,
  anything,
  check,
  flag,
  listOf,
  number,
  type OptionTable,
  object,
  oneOf,
  text,
} from '@asyngular/errors/options';
import type { SignTokenOptions, VerifyTokenOptions } from './auth-engine.js';
import { jwtAlgorithms } from './auth-keys.js';

const time = check(
  "a number of seconds or a text such as '2h'",
  (value) => typeof value === 'number' || typeof value === 'string',
);
const audiences = anyOf(text(), listOf(text()));

/** Options of signing. */
export const signTable = {
  expiresIn: time,
  notBefore: time,
  audience: audiences,
  subject: text(),
  issuer: text(),
  jwtid: text(),
  keyid: text(),
  noTimestamp: flag(),
  header: object(),
  algorithm: oneOf(...jwtAlgorithms),
  // Of the library behind published servers.
  mutatePayload: anything(),
  encoding: anything(),
} satisfies OptionTable<SignTokenOptions & { mutatePayload?: unknown; encoding?: unknown }>;

const pattern = check('a RegExp', (value) => value instanceof RegExp);

/** Rules of verification: one that is misspelt must not be skipped. */
export const verifyTable = {
  algorithms: listOf(oneOf(...jwtAlgorithms)),
  audience: anyOf(text(), pattern, listOf(anyOf(text(), pattern))),
  issuer: audiences,
  subject: text(),
  ignoreExpiration: flag(),
  ignoreNotBefore: flag(),
  clockTolerance: number('seconds'),
  socket: anything(),
} satisfies OptionTable<VerifyTokenOptions>;
