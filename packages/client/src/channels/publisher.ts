import type { Published, PublishOptions } from '@asyngular/channels';
import { protocolEvents } from '@asyngular/protocol';
import { assertName, parsePublishReply } from '@asyngular/protocol/internal';
import { development } from '#development';
import { type Context, checkOutgoing } from '../context.js';
import type { PublicationOptions } from '../messages/request-options.js';
import type { Requests } from '../messages/requests.js';
import type { Subscriptions } from './subscriptions.js';

/** Channels remembered as recoverable although they are not subscribed to; the one learned first goes. */
const MAX_KNOWN = 1_000;

/** Publishes; on recoverable channels with an id, so that a repetition is no second publication (docs/protocol.md P14.15). */
export interface Publisher {
  /** Without asking for an answer. @throws InvalidArgumentsError for a name that is no string */
  transmit(channel: string, data: unknown, options?: PublishOptions): void;
  /** Resolves with the answer; `undefined` on a channel without history. */
  invoke(channel: string, data: unknown, options?: PublishOptions): Promise<Published | undefined>;
}

/** What else of the socket publishing uses. */
export interface PublisherNeeds {
  readonly requests: Pick<Requests, 'transmit' | 'call'>;
  readonly subscriptions: Pick<Subscriptions, 'wanted' | 'wireName'>;
}

export function createPublisher(
  context: Context,
  { requests, subscriptions }: PublisherNeeds,
): Publisher {
  /** Channels of which an answer has named a position. */
  const known = new Set<string>();
  /** Not the `clientId`, which an application may give to several sockets. */
  let ownId = '';
  let lastNumber = 0;

  function transmit(channel: string, data: unknown, options: PublishOptions = {}): void {
    development?.assertPublishOptions(options);
    requests.transmit(protocolEvents.publish, publication(channel, data), undefined, {
      publicationId: options.id,
      exceptsSelf: !!options.except,
    });
  }

  function invoke(
    channel: string,
    data: unknown,
    options: PublishOptions = {},
  ): Promise<Published | undefined> {
    development?.assertPublishOptions(options);
    return new Promise((resolve, reject) => {
      requests.call(
        protocolEvents.publish,
        publication(channel, data),
        undefined,
        {
          resolve(answer) {
            const reply = parsePublishReply(answer);
            if (reply) {
              remember(channel);
            }
            resolve(reply);
          },
          reject,
        },
        identity(channel, options),
      );
    });
  }

  function publication(channel: string, data: unknown): object {
    assertName(channel);
    checkOutgoing(context, 'channel', channel, data);
    return { channel: subscriptions.wireName(channel), data };
  }

  function identity(
    channel: string,
    { id, retry = true, except }: PublishOptions,
  ): PublicationOptions {
    const publicationId = id ?? (retry && isRecoverable(channel) ? newId() : undefined);
    return {
      publicationId,
      repeats: retry && publicationId !== undefined,
      exceptsSelf: !!except,
    };
  }

  function isRecoverable(channel: string): boolean {
    return known.has(channel) || subscriptions.wanted.get(channel)?.log.isKnown === true;
  }

  function newId(): string {
    ownId ||= context.platform.randomId();
    return `${ownId}:${++lastNumber}`;
  }

  function remember(channel: string): void {
    known.add(channel);
    if (known.size > MAX_KNOWN) {
      known.delete([...known][0]!);
    }
  }

  return { transmit, invoke };
}
