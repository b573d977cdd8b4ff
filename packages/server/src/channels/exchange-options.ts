import { parsePosition } from '@asyngular/broker';
import type { HistoryOptions, PublishOptions, SubscribeOptions } from '@asyngular/channels';
import { InvalidArgumentsError } from '@asyngular/errors';
import {
  check,
  checkOptions,
  count,
  flag,
  type OptionTable,
  object,
  oneOf,
} from '@asyngular/errors/options';
import {
  DEFAULT_HISTORY_LIMIT,
  isPositionText,
  isPublicationId,
} from '@asyngular/protocol/internal';
import type { HistoryQuery, SubscribeRequest } from './history-requests.js';

/** Bytes of a page of history, for code in this process. */
const MAX_PAGE_BYTES = 16_777_216;

type BeginOptions = Pick<SubscribeOptions, 'rewind' | 'since' | 'mode'>;

const position = check('a text of 1 to 128 characters', isPositionText);

const publishTable = {
  id: check('a text of 1 to 64 characters', isPublicationId),
  retry: flag(),
  except: object('a socket of the server'),
} satisfies OptionTable<PublishOptions>;

const beginTable = {
  rewind: count('publications'),
  since: position,
  mode: oneOf('continue', 'reject'),
} satisfies OptionTable<BeginOptions>;

const historyTable = {
  limit: count('publications', { min: 1 }),
  before: position,
  after: position,
  order: oneOf('newest', 'oldest'),
} satisfies OptionTable<HistoryOptions>;

/** The id of a publication, and the socket that does not get it. Throws `InvalidArgumentsError`. */
export function publicationIn(options: PublishOptions): {
  id: string | undefined;
  except: object | undefined;
} {
  const { id, except } = checkOptions<PublishOptions>(
    publishTable,
    options,
    'a publication',
    InvalidArgumentsError,
  );
  return { id, except: except as object | undefined };
}

/** How a subscription is to begin. Options that mean nothing on the exchange are ignored. Throws `InvalidArgumentsError`. */
export function beginningIn(options: SubscribeOptions | undefined): SubscribeRequest {
  const { rewind, since, mode } = options ?? {};
  const given = checkOptions<BeginOptions>(
    beginTable,
    { rewind, since, mode },
    'subscribe()',
    InvalidArgumentsError,
  );
  return {
    rewind: given.rewind,
    recover: readPosition(given.since),
    isStrict: given.mode === 'reject',
  };
}

/** Which piece of a log to read. Throws `InvalidArgumentsError`. */
export function queryIn(options: HistoryOptions | undefined): HistoryQuery {
  const given = checkOptions<HistoryOptions>(
    historyTable,
    options,
    'history()',
    InvalidArgumentsError,
  );
  const { limit = DEFAULT_HISTORY_LIMIT, before, after, order = 'newest' } = given;
  if (before !== undefined && after !== undefined) {
    throw new InvalidArgumentsError(
      'The options of history() have both before and after; leave one of them out',
    );
  }
  return {
    limit,
    before: readPosition(before),
    after: readPosition(after),
    order,
    maxBytes: MAX_PAGE_BYTES,
  };
}

/** `null`: a text that no log has as a position. */
function readPosition(text: string | undefined) {
  return text === undefined ? undefined : (parsePosition(text) ?? null);
}
