import { type Consumer, DemuxedConsumableStream, type TimeoutOrOptions } from '@asyngular/streams';
import type { ChannelStreams } from './channel-streams.js';
import type { MemberMap } from './member-map.js';
import type { PresenceChange } from './presence-types.js';

/** The changes of the members of one channel. Each cursor begins with what is known when it is made. */
export class PresenceChanges extends DemuxedConsumableStream<PresenceChange> {
  readonly #known: () => MemberMap | undefined;

  /** `known`: the members, if anything is known of them; it is called for each cursor. */
  constructor({ presence }: ChannelStreams, channel: string, known: () => MemberMap | undefined) {
    super(presence, channel);
    this.#known = known;
  }

  override createConsumer(timeoutOrOptions?: TimeoutOrOptions): Consumer<PresenceChange> {
    const consumer = super.createConsumer(timeoutOrOptions);
    const members = this.#known();
    if (members?.isKnown) {
      consumer.write(members.sync, 0);
    }
    return consumer;
  }

  /** A new cursor without timeout. It never continues where another one ended: it begins with everything. */
  override [Symbol.asyncIterator](): AsyncIterator<PresenceChange, any, undefined> {
    return this.createConsumer()[Symbol.asyncIterator]();
  }
}
