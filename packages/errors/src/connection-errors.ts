import { AsyngularError } from './asyngular-error.js';
import { socketProtocolIgnoreStatuses } from './close-statuses.js';

/** A connection ended with a close code other than 1000 and 1001. */
export class SocketProtocolError extends AsyngularError {
  override name = 'SocketProtocolError' as const;
  /** The close code. */
  readonly code: number;

  constructor(message: string | undefined, code: number, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * A connection could not be made. Its message says where to, why as far as the platform tells, and what to check.
 * It is the `cause` of the `SocketProtocolError` and of the `BadConnectionError`s that follow, and `cause` is in turn
 * the error of the platform, where there is one: browsers do not say why.
 */
export class ConnectionError extends AsyngularError {
  override name = 'ConnectionError' as const;
  readonly code = 'ERR_CONNECTION';
  /** Where to: scheme, host, port and path, without the query, which may hold secrets. */
  readonly url: string;
  /** The HTTP status, where something answered that does not speak WebSocket here; else undefined. */
  readonly status: number | undefined;

  constructor(message: string | undefined, url: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.url = url;
    this.status = status;
  }
}

/** The WebSocket layer failed, or refused an origin. */
export class ServerProtocolError extends AsyngularError {
  override name = 'ServerProtocolError' as const;
  readonly code = 'ERR_SERVER_PROTOCOL';
}

/** How a connection failed a call: it had been open, or it was still connecting. */
export type BadConnectionType = 'disconnect' | 'connectAbort';

/** A call or message was lost because the connection ended or was not open. */
export class BadConnectionError extends AsyngularError {
  override name = 'BadConnectionError' as const;
  /** Whether the connection had been open; `undefined` when that is not known. */
  type: BadConnectionType | undefined;
  /** Close code of the connection; 1001 when there is none. */
  readonly code: number;
  /**
   * Reason of the close: a text, or what the JSON of a reason holds, such as an object. Without one,
   * the table's text for 1000 and 1001, else `''`. Check it before use. Source: docs/protocol.md P9.4.
   */
  reason: unknown;
  /** Of a publication with an id: whether it may have been published nevertheless. Otherwise `undefined`. */
  declare maybeSent?: boolean;

  constructor(
    message?: string,
    type?: BadConnectionType,
    code = 1001,
    reason?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.type = type;
    this.code = code;
    this.reason = reason ?? socketProtocolIgnoreStatuses[code] ?? '';
  }
}
