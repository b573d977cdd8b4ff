import { randomUUID } from 'node:crypto';
import type { ChannelStreams } from '@asyngular/channels/internal';
import type { ChannelMembers, ChannelMembersSource } from '../channels/channel-members.js';
import { isUserId, notUserId } from '../people/users.js';
import type { PresencePlace } from '../presence/types.js';
import { ExchangeMembers } from './exchange-members.js';
import type { MemberChannels } from './member-channels.js';

/** The channels whose members the server itself looks at, or where it has entered some. */
export class ExchangeChannels implements ChannelMembersSource {
  readonly #channels: MemberChannels;
  readonly #streams: () => ChannelStreams;
  readonly #open = new Map<string, ExchangeMembers>();
  /** The server's connections, as which its members are in channels. */
  readonly #connection = randomUUID();

  constructor(channels: MemberChannels, streams: () => ChannelStreams) {
    this.#channels = channels;
    this.#streams = streams;
  }

  open(channel: string): ChannelMembers {
    this.#channels.assertHas(channel);
    let members = this.#open.get(channel);
    if (members === undefined) {
      members = new ExchangeMembers(
        channel,
        this.#channels,
        this.#streams(),
        (key, state) => this.#enter(channel, key, state),
        () => this.#open.delete(channel),
      );
      this.#open.set(channel, members);
    }
    return members;
  }

  close(): void {
    for (const members of [...this.#open.values()]) members.close();
  }

  #enter(channel: string, key: string, state: unknown): PresencePlace {
    if (!isUserId(key)) throw notUserId('The key of a member', key);
    const connection = `${this.#connection} ${key}`;
    return this.#channels.presence.enter({ channel, key, state, connection });
  }
}
