import { InvalidArgumentsError } from '@asyngular/errors';
import {
  check,
  checkOptions,
  count,
  milliseconds,
  type OptionTable,
  text,
} from '@asyngular/errors/options';
import { closeCodes, encodeReason, isLegalCloseCode } from '@asyngular/protocol';
import { isMessageName, MAX_LISTED, type SocketFilter } from './people-requests.js';
import { isUserId } from './users.js';

/** How long the other servers may take to answer, in ms. */
const DEFAULT_TIMEOUT_MS = 2_000;
const DEFAULT_LIMIT = 100;

/** Options of everything that asks the other servers. */
export interface AskOptions {
  /** How long the other servers have to answer, in ms; those that have not by then are named. Default 2,000. */
  readonly timeoutMs?: number | undefined;
}

/** Options of `user.invoke()`. */
export interface InvokeUserOptions {
  /** How long the devices have to answer, in ms. Default: the server's `ackTimeout`. */
  readonly timeoutMs?: number | undefined;
}

/** Which part of a list of sockets. */
export interface ListSocketsOptions extends AskOptions {
  /** Sockets, 1 to 1,000. Default 100. */
  readonly limit?: number | undefined;
  /** The `cursor` of the part before; left out, the list begins. */
  readonly cursor?: string | undefined;
}

/** Which sockets of the fleet: those that fit all that is given. */
export interface FleetFilter extends SocketFilter {
  /** Whose sockets, by the option `userId`. */
  readonly user?: string | undefined;
  /** Sockets that are subscribed to this channel. */
  readonly channel?: string | undefined;
}

/** Which sockets to disconnect; at least one of them. */
export interface DisconnectFilter extends FleetFilter {
  /** All that are connected to this server, by its id. */
  readonly server?: string | undefined;
}

const timeoutMs = milliseconds({ min: 1 });
const userId = check('the id of a user, a text of 1 to 256 characters', isUserId);

const askTable = { timeoutMs } satisfies OptionTable<AskOptions>;

const listTable = {
  timeoutMs,
  limit: count('sockets', { min: 1, max: MAX_LISTED }),
  cursor: text({ minLength: 1 }),
} satisfies OptionTable<ListSocketsOptions>;

const fleetListTable = { ...listTable, user: userId, channel: text() } satisfies OptionTable<
  ListSocketsOptions & FleetFilter
>;

const disconnectTable = {
  user: userId,
  channel: text(),
  server: text({ minLength: 1 }),
} satisfies OptionTable<DisconnectFilter>;

/** How long to wait for the other servers. Throws `InvalidArgumentsError`. */
export function timeoutIn(
  options: AskOptions | undefined,
  what: string,
  otherwise: number = DEFAULT_TIMEOUT_MS,
): number {
  return (
    checkOptions<AskOptions>(askTable, options, what, InvalidArgumentsError).timeoutMs ?? otherwise
  );
}

/** What to list. Throws `InvalidArgumentsError`. */
export function listingIn(options: (ListSocketsOptions & FleetFilter) | undefined, what: string) {
  const { user, channel, ...given } = checkOptions<ListSocketsOptions & FleetFilter>(
    fleetListTable,
    options,
    what,
    InvalidArgumentsError,
  );
  const { limit = DEFAULT_LIMIT, cursor, timeoutMs = DEFAULT_TIMEOUT_MS } = given;
  return { filter: { user, channel }, page: { limit, cursor }, timeoutMs };
}

/** Which sockets to disconnect. Throws `InvalidArgumentsError`, also for what would be all sockets of the fleet. */
export function disconnectFilterIn(filter: DisconnectFilter): DisconnectFilter {
  const given = checkOptions<DisconnectFilter>(
    disconnectTable,
    filter,
    'fleet.disconnect()',
    InvalidArgumentsError,
  );
  if (Object.values(given).some((value) => value !== undefined)) return given;
  throw new InvalidArgumentsError(
    'fleet.disconnect() was given nothing that says which sockets; name a user, a channel or a server',
  );
}

/** How to close. Throws `InvalidArgumentsError` for a code that no close frame may carry. */
export function closingIn(
  code: number = closeCodes.normal,
  reason?: unknown,
): { code: number; reason: string } {
  if (isLegalCloseCode(code)) return { code, reason: encodeReason(reason) };
  throw new InvalidArgumentsError(
    `The close code of disconnect() is ${String(code)}; it must be 1000 or a number from 3000 to 4999 (or 1001–1003, 1007–1014)`,
  );
}

/** @throws InvalidArgumentsError for a name that only the protocol itself uses, or none at all */
export function assertMessageName(name: unknown, what: string): asserts name is string {
  if (isMessageName(name)) return;
  throw new InvalidArgumentsError(
    `The name of the ${what} is ${typeof name === 'string' ? `'${name.slice(0, 50)}'` : String(name)}; it must be a ` +
      'text of at most 1,000 characters that is no packet of the protocol',
  );
}
