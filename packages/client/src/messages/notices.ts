import { protocolEvents } from '@asyngular/protocol';
import {
  INTERRUPTION_EXTENSION,
  MOVING_EXTENSION,
  PEOPLE_EXTENSION,
  PRESENCE_EXTENSION,
  parseInterruption,
  parseJoined,
  parseKickOut,
  parsePositionNotice,
  parsePresenceNotice,
  parsePublication,
  parseReconnect,
  RECOVERY_EXTENSION,
} from '@asyngular/protocol/internal';
import type { Presence } from '../channels/presence.js';
import type { Subscriptions } from '../channels/subscriptions.js';
import type { ConnectionState } from '../connection/connection-state.js';
import type { Link } from '../connection/link.js';
import type { Move } from '../connection/move.js';

/** Who hears of what a server says of its own accord. */
export interface NoticeNeeds {
  readonly connection: Pick<ConnectionState, 'link'>;
  readonly subscriptions: Pick<
    Subscriptions,
    'onPublication' | 'onPosition' | 'onKickOut' | 'onJoined' | 'onInterruption' | 'nameOf'
  >;
  readonly presence: Pick<Presence, 'onNotice'>;
  readonly onReconnect: Move['onReconnect'];
}

/** Takes a packet of the protocol that needs no answer; false for other names, and those of extensions that were not agreed. */
export type TakeNotice = (link: Link, event: string, data: unknown) => boolean;

/** What a server says of channels, and of itself. */
export function createNotices({
  connection,
  subscriptions,
  presence,
  onReconnect,
}: NoticeNeeds): TakeNotice {
  const notices = new Map([
    on(
      protocolEvents.publish,
      undefined,
      parsePublication,
      subscriptions.onPublication,
      // One with a place comes on the connection in use, too.
      ({ place }) => place === undefined,
    ),
    on(
      protocolEvents.kickOut,
      undefined,
      parseKickOut,
      subscriptions.onKickOut,
      // Who is out at one server must not be in at the other.
      () => true,
    ),
    on(
      protocolEvents.interruption,
      INTERRUPTION_EXTENSION,
      parseInterruption,
      subscriptions.onInterruption,
    ),
    on(protocolEvents.joined, PEOPLE_EXTENSION, parseJoined, subscriptions.onJoined),
    on(protocolEvents.position, RECOVERY_EXTENSION, parsePositionNotice, subscriptions.onPosition),
    on(protocolEvents.presence, PRESENCE_EXTENSION, parsePresenceNotice, (notice) =>
      presence.onNotice(subscriptions.nameOf(notice.channel), notice),
    ),
    on(protocolEvents.reconnect, MOVING_EXTENSION, parseReconnect, onReconnect),
  ]);

  /** Only the connection in use speaks for channels, except for what `mayBeLate`, on one that was left. */
  function on<Notice extends object>(
    event: string,
    extension: string | undefined,
    parse: (data: unknown) => Notice | undefined,
    handle: (notice: Notice, isInUse: boolean) => void,
    mayBeLate?: (notice: Notice) => boolean,
  ): [string, (link: Link, data: unknown) => boolean] {
    return [
      event,
      (link, data) => {
        if (extension !== undefined && !link.extensions.has(extension)) {
          return false;
        }
        const notice = parse(data);
        const isInUse = link === connection.link;
        if (notice && (isInUse || mayBeLate?.(notice))) {
          handle(notice, isInUse);
        }
        return true;
      },
    ];
  }

  return (link, event, data) => notices.get(event)?.(link, data) ?? false;
}
