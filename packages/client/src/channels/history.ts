import type { AGChannel, ChannelHistory, HistoryOptions } from '@asyngular/channels';
import { InvalidActionError, InvalidMessageError, protocolEvents } from '@asyngular/protocol';
import { parseHistoryReply } from '@asyngular/protocol/internal';
import { development } from '#development';
import type { Context } from '../context.js';
import type { Requests } from '../messages/requests.js';
import type { Subscriptions } from './subscriptions.js';

/** What of the socket reading history uses. */
export interface HistoryNeeds {
  readonly requests: Pick<Requests, 'call'>;
  readonly subscriptions: Pick<Subscriptions, 'wanted' | 'wireName'>;
}

/** Reads a piece of a channel's log; see `AGClientSocket.history`. */
export type ReadHistory = (channel: AGChannel, page?: HistoryOptions) => Promise<ChannelHistory>;

export function createReadHistory(
  context: Context,
  { requests, subscriptions }: HistoryNeeds,
): ReadHistory {
  /** Waits for the subscription: before, the client does not know whether the server understands the request (P14.16). */
  async function readHistory(
    channel: AGChannel,
    page: HistoryOptions = {},
  ): Promise<ChannelHistory> {
    development?.assertHistoryOptions(page);
    const { name } = channel;
    await channel.subscribed({ timeout: context.options.ackTimeout });
    if (!subscriptions.wanted.get(name)?.log.isKnown) {
      throw new InvalidActionError(
        development
          ? `The channel ${name} has no history; the server's option "channels" gives it some`
          : name,
      );
    }
    const history = parseHistoryReply(
      await ask({ ...page, channel: subscriptions.wireName(name) }),
    );
    if (!history) {
      throw new InvalidMessageError(
        development
          ? `The answer to ${protocolEvents.history} is malformed`
          : protocolEvents.history,
      );
    }
    return history as ChannelHistory;
  }

  function ask(request: object): Promise<unknown> {
    return new Promise((resolve, reject) =>
      requests.call(protocolEvents.history, request, undefined, { resolve, reject }),
    );
  }

  return readHistory;
}
