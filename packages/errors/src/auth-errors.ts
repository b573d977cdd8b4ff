import { AsyngularError } from './asyngular-error.js';

/** The token's time is over, at verification or later on an open connection. */
export class AuthTokenExpiredError extends AsyngularError {
  override name = 'AuthTokenExpiredError' as const;
  readonly code = 'ERR_AUTH_TOKEN_EXPIRED';
  /** When it expired. After travelling it is an ISO string; use `expiryMs` where either may occur. */
  expiry: Date;
  /** When it expired, in milliseconds since the epoch; the same on both ends. */
  expiryMs: number;
  /** True when verification raised it: the holder must forget the token. Absent after a lapse. */
  declare isBadToken?: boolean;

  /** @param expiry a Date, or milliseconds since the epoch (a JWT's `exp` counts seconds) */
  constructor(message: string | undefined, expiry: Date | number, options?: ErrorOptions) {
    super(message, options);
    this.expiry = new Date(expiry);
    this.expiryMs = this.expiry.getTime();
  }
}

/** The token is malformed, forged, or meant for somebody else. */
export class AuthTokenInvalidError extends AsyngularError {
  override name = 'AuthTokenInvalidError' as const;
  readonly code = 'ERR_AUTH_TOKEN_INVALID';
  /** The holder must forget the token. */
  isBadToken = true;
}

/** The token is not valid yet; it may be kept. */
export class AuthTokenNotBeforeError extends AsyngularError {
  override name = 'AuthTokenNotBeforeError' as const;
  readonly code = 'ERR_AUTH_TOKEN_NOT_BEFORE';
  /** When it becomes valid; an ISO string after travelling. */
  date: Date;
  /** The holder may keep the token. */
  isBadToken = false;

  /** @param date a Date, or milliseconds since the epoch */
  constructor(message: string | undefined, date: Date | number, options?: ErrorOptions) {
    super(message, options);
    this.date = new Date(date);
  }
}

/** Verification of a token failed in another way. */
export class AuthTokenError extends AsyngularError {
  override name = 'AuthTokenError' as const;
  readonly code = 'ERR_AUTH_TOKEN';
  /** The holder must forget the token. */
  isBadToken = true;
}

/** A token could not be delivered to the client. */
export class AuthError extends AsyngularError {
  override name = 'AuthError' as const;
  readonly code = 'ERR_AUTH';
}
