import type { ChannelPresence, PresenceMember } from '@asyngular/channels';
import { type ChannelStreams, PresenceChanges } from '@asyngular/channels/internal';
import type { Presence } from './presence.js';

/** Of a channel that is not watched. */
const nobody: ReadonlyMap<string, PresenceMember> = Object.freeze(new Map());

/** `channel.presence`: a name, and what is known under it. It holds no state, as the channel itself. */
export function createChannelPresence(
  name: string,
  presence: Presence,
  streams: ChannelStreams,
): ChannelPresence {
  const watch = () => presence.watch(name);
  return {
    get members() {
      return watch()?.members ?? nobody;
    },
    get count() {
      return watch()?.count ?? 0;
    },
    changes: () => new PresenceChanges(streams, name, watch),
    get key() {
      return presence.own(name)?.key;
    },
    get state() {
      return presence.own(name)?.state.value;
    },
    enter: (state) => presence.enter(name, state),
    update: (part) => presence.update(name, part),
    leave: () => presence.leave(name),
  };
}
