import { type ChannelLog, formatPosition, type LogPage } from '@asyngular/broker';
import type { ChannelHistory } from '@asyngular/channels';
import { BrokerError } from '@asyngular/protocol';
import type { HistoryQuery } from '../channels/history-requests.js';
import { isPublicationOn } from '../channels/publication-check.js';
import { Publication, type PublicationOwner } from '../outbound/publication.js';
import { PAGE_BYTES } from './channel-host.js';
import { unrecoverable } from './recoverable-channel.js';

/**
 * Reads a piece of a channel's log for the application. Rejects with `UnrecoverablePositionError` when a position cannot be
 * reached, with `BrokerError` when the broker cannot read. Throws what the codec throws.
 */
export function readHistory(
  log: ChannelLog,
  owner: PublicationOwner,
  channel: string,
  { limit, before, after, order, maxBytes = PAGE_BYTES }: HistoryQuery,
): ChannelHistory | Promise<ChannelHistory> {
  if (before === null || after === null) return Promise.reject(unrecoverable(channel));
  const decode = (page: LogPage): ChannelHistory => decodePage(page, channel, owner, order);
  const page = log.read(channel, { limit, maxBytes, before, after });
  if (page instanceof Promise) {
    return page.then(
      (found) => (found.reached ? decode(found) : Promise.reject(unrecoverable(channel))),
      (cause: unknown) => {
        throw new BrokerError(`Failed to read the history of the ${channel} channel - ${cause}`, {
          cause,
        });
      },
    );
  }
  return page.reached ? decode(page) : Promise.reject(unrecoverable(channel));
}

function decodePage(
  { entries, top, hasMore }: LogPage,
  channel: string,
  owner: PublicationOwner,
  order: HistoryQuery['order'],
): ChannelHistory {
  const publications = entries
    .filter(({ payload }) => isPublicationOn(channel, payload, owner.codecs.first))
    .map(({ payload, position }) => ({
      data: new Publication(channel, payload, owner).copyData(),
      position: formatPosition(position),
    }));
  if (order === 'newest') publications.reverse();
  return { publications, position: formatPosition(top), hasMore };
}
